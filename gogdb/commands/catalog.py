"""Which commands there are."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__all__ = ["MODULES", "modules"]

MODULES = (
    "boot",
    "gmp",
    "gobuf",
    "stacks",
    "goroutine",
    "apply",
    "breakpoints",
    "until",
    "gcore",
    "symbols",
)
"""The files of this package that declare a command as `COMMAND`, with a function `run`."""


def modules() -> list[ModuleType]:
    """Import the modules that declare the commands, which is cheap."""
    return [import_module(f"gogdb.commands.{name}") for name in MODULES]
