"""Commands of gogdb that a text names, read as GDB would read them."""

from __future__ import annotations

from argparse import Namespace

from gogdb.boot.stages import STAGES
from gogdb.commands.catalog import modules
from gogdb.commands.parser import parse

__all__ = ["parsed"]


def parsed(line: str) -> Namespace:
    """Return the options of a command. Raises `GogdbError` or `KeyError` if one is unknown."""
    commands = {module.COMMAND.name: module.COMMAND for module in modules()}
    name, _, rest = line.partition(" ")
    options = parse(commands[name], rest)
    if name == "go-boot" and options.verb in ("until", "show") and options.stage:
        assert options.stage in {stage.id for stage in STAGES}, line
    return options
