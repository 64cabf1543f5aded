"""A Go program's own traceback, read: which goroutines it tells of, and their frames."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Line", "Told", "printed", "read"]

UNAVAILABLE = "\tgoroutine running on other thread; stack unavailable"

_HEAD = re.compile(r"goroutine (\d+) (?:gp=\S+ m=(?:\d+ mp=\S+|nil) )?\[(.*)\]:$")
_PLACE = re.compile(r"\t(.*?):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x\S+ sp=0x(\S+) pc=0x(\S+))?$")
_CALL = re.compile(r"(\S.*)\([^()]*\)$")
_ELIDED = re.compile(r"\.\.\.(additional|\d+) frames elided\.\.\.$")


class Line(NamedTuple):
    """One frame as Go prints it; no `place` (sp, pc) for inlined calls and at lower levels."""

    function: str
    file: str
    line: int
    place: tuple[int, int] | None


@dataclass
class Told:
    """A goroutine's traceback. `elided` frames are missing after the first `inner`.

    `elided` is None when Go does not say how many, because it prints only the innermost.
    """

    status: str
    frames: list[Line] = field(default_factory=list)
    inner: int = 0
    elided: int | None = 0
    available: bool = True


def printed(function: str) -> str:
    """A function's name as tracebacks have it (printFuncName in runtime/traceback.go)."""
    return "panic" if function == "runtime.gopanic" else re.sub(r"\[.*\]", "[...]", function)


def read(text: str) -> dict[str, Told]:
    """By "g7", or "m3.g0" for the g0 of M 3 ("g0" for that of M 0): the last that is told.

    With GOTRACEBACK=crash the M that runs a goroutine tells its frames after the others have
    been told without.
    """
    found: dict[str, Told] = {}
    m, told, function = 0, None, ""
    for line in text.splitlines():
        if number := re.match(r"PC=0x\S+ m=(\d+) ", line):
            m = int(number[1])
        elif head := _HEAD.match(line):
            told = Told(head[2])
            g0 = f"m{m}.g0" if m else "g0"
            found[f"g{head[1]}" if head[1] != "0" else g0] = told
        elif told is None:
            continue
        elif not line or line.startswith("created by "):
            told = None
        elif line == UNAVAILABLE:
            told.available = False
        elif elided := _ELIDED.match(line):
            told.inner = len(told.frames)
            told.elided = None if elided[1] == "additional" else int(elided[1])
        elif place := _PLACE.match(line):
            where = (int(place[3], 16), int(place[4], 16)) if place[3] else None
            told.frames.append(Line(function, place[1], int(place[2]), where))
        elif call := _CALL.match(line):
            function = call[1]
    return found
