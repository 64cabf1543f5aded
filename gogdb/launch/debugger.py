"""The command lines that start GDB with gogdb loaded."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gogdb.errors import GogdbError
from gogdb.i18n import locale_language, tr, use_language
from gogdb.launch import paths
from gogdb.launch.tools import Gdb

__all__ = ["demo", "report", "session", "start"]

# GDB would ask on the first program whether to fetch debug information.
_QUIET = ("-q", "-iex", "set debuginfod enabled off")

_VERDICT = "python import gogdb.commands; gogdb.commands.quit_with_walk_status()"


def session(gdb: Gdb, target: Sequence[str]) -> list[str]:
    """A user's own session: `target` is what GDB's command line says about the program."""
    return [str(gdb.path), *_QUIET, "-x", str(paths.gdbinit()), *target]


def demo(gdb: Gdb, program: Path, lang: str, step: bool) -> list[str]:
    """The guided boot of `program`: all of it and its verdict, or one stage at a time."""
    # The demo looks the same for everyone: no init files, no scripts of the program's own.
    alone = ["-nx", "-iex", "set auto-load python-scripts off"]
    with use_language(locale_language(os.environ) if lang == "auto" else lang):
        onward = tr("One stage at a time, with a prompt in between: gogdb demo --step")
    walk = ["go-boot step"] if step else ["go-boot", _echo(onward), _VERDICT]
    commands = [f"set gogdb lang {lang}", *walk]
    return [
        str(gdb.path),
        *alone,
        *_QUIET,
        *([] if step else ["-batch"]),
        *("-x", str(paths.gdbinit())),
        *(word for command in commands for word in ("-ex", command)),
        *("--args", str(program)),
    ]


def report(gdb: Gdb, program: Path, arguments: Sequence[str], lang: str, output: str) -> list[str]:
    """The boot of `program`, walked unseen and written to a file."""
    write = f"python import gogdb.commands; gogdb.commands.report_and_quit({output!r})"
    return [
        *(str(gdb.path), "-nx", "-batch", *_QUIET, "-iex", "set auto-load python-scripts off"),
        *("-x", str(paths.gdbinit()), "-ex", f"set gogdb lang {lang}", "-ex", write),
        *("--args", str(program), *arguments),
    ]


def _echo(text: str) -> str:
    return rf"echo \n{text}\n"


def start(command: Sequence[str]) -> NoReturn:
    """Become GDB: its terminal, its signals and its exit status are the user's."""
    try:
        os.execv(command[0], list(command))
    except OSError as error:
        raise GogdbError(f"cannot run {shlex.join(command[:1])}", error.strerror or "") from None
