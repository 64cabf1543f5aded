"""Parse the traceback that a Go program prints."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Goroutine", "Line", "parse", "printed"]

UNAVAILABLE = "\tgoroutine running on other thread; stack unavailable"

_HEAD = re.compile(r"goroutine (\d+) (?:gp=\S+ m=(?:\d+ mp=\S+|nil) )?\[(.*)\](?: \{(.*)\})?:$")
_PLACE = re.compile(r"\t(.*?):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x\S+ sp=0x(\S+) pc=0x(\S+))?$")
_CALL = re.compile(r"(\S.*)\([^()]*\)$")
_ELIDED = re.compile(r"\.\.\.(additional|\d+) frames elided\.\.\.$")


class Line(NamedTuple):
    """One frame as Go prints it; `place` is (sp, pc), None if inlined and at lower levels."""

    function: str
    file: str
    line: int
    place: tuple[int, int] | None


@dataclass
class Goroutine:
    """A goroutine's traceback. `elided` frames are missing after the first `inner`.

    `status` and `labels` are what the header line has in brackets and in braces.
    `elided` is None when Go does not print how many, because it prints only the innermost ones.
    """

    status: str
    frames: list[Line] = field(default_factory=list)
    inner: int = 0
    elided: int | None = 0
    available: bool = True
    labels: str = ""


def printed(function: str) -> str:
    """Return a function's name as tracebacks print it (printFuncName in runtime/traceback.go)."""
    return "panic" if function == "runtime.gopanic" else re.sub(r"\[.*\]", "[...]", function)


def parse(text: str) -> dict[str, Goroutine]:
    """Return the last traceback of each goroutine, by name.

    Names are "g7", and for a g0 "m3.g0", or "g0" for the one of M 0. With GOTRACEBACK=crash the M
    that runs a goroutine prints its frames after the others have printed it without frames.
    """
    goroutines: dict[str, Goroutine] = {}
    m, current, function = 0, None, ""
    for line in text.splitlines():
        if number := re.match(r"PC=0x\S+ m=(\d+) ", line):
            m = int(number[1])
        elif head := _HEAD.match(line):
            current = Goroutine(head[2], labels=head[3] or "")
            g0 = f"m{m}.g0" if m else "g0"
            goroutines[f"g{head[1]}" if head[1] != "0" else g0] = current
        elif current is None:
            continue
        elif not line or line.startswith("created by "):
            current = None
        elif line == UNAVAILABLE:
            current.available = False
        elif elided := _ELIDED.match(line):
            current.inner = len(current.frames)
            current.elided = None if elided[1] == "additional" else int(elided[1])
        elif place := _PLACE.match(line):
            where = (int(place[3], 16), int(place[4], 16)) if place[3] else None
            current.frames.append(Line(function, place[1], int(place[2]), where))
        elif call := _CALL.match(line):
            function = call[1]
    return goroutines
