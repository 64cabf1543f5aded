"""The expressions that GDB displays at each stop (`display`), which it forgets with symbols."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import gdb

from gogdb.gdbhost.gdb_text import execute

__all__ = ["keep_displays"]

# A row of `info display`: number, whether it is enabled, format, expression
_ROW = re.compile(
    r"^(\d+): +([yn])  (?:(/\S+) )?(.*?)(?:\ncannot be evaluated in the current context)?$", re.M
)


@contextmanager
def keep_displays() -> Iterator[None]:
    """Make those anew that GDB has forgotten at the end of the block; their numbers change."""
    before = execute("info display")
    yield
    if execute("info display") == before:
        return
    for _, enabled, format, expression in _ROW.findall(before):
        with suppress(gdb.error):
            execute(f"display{format} {expression}")
            if enabled == "n":
                last = _ROW.findall(execute("info display"))[-1]
                execute(f"disable display {last[0]}")
