"""Which program a subcommand is about."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from gogdb.cli.parser import suggestion
from gogdb.errors import GogdbError
from gogdb.launch import fixture
from gogdb.launch.tools import find_go

__all__ = ["find_program", "program_to_walk"]


def find_program(word: str, commands: Iterable[str] = ()) -> str:
    """Return the path of a file; `commands` may have been meant instead of a file."""
    path = word if os.path.isfile(word) else shutil.which(word)
    if not path:
        hint = f"give the path of an existing file{suggestion(word, commands)}"
        raise GogdbError(f"no file {word}", hint)
    return path


def program_to_walk(options: argparse.Namespace) -> Path:
    """Return the program that the user names, or the bundled one, which is built."""
    if options.program:
        return Path(find_program(options.program))
    fixture.check()
    return fixture.build("boot", find_go(options.go))
