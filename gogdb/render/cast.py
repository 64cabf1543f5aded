"""Scenes as an asciicast: a recording of a terminal that asciinema and its web player play.

Formats: docs.asciinema.org/manual/asciicast/v2 and v3. It is made from finished lines, without a
terminal, and has no date: the same scenes give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Literal

from gogdb.render.cells import width as cells
from gogdb.render.clean import escape
from gogdb.view.doc.scene import Scene

__all__ = ["LONGEST_PAUSE", "Version", "cast"]

Version = Literal[2, 3]

LONGEST_PAUSE = 10.0
"""Seconds: with it, a whole boot plays for some five minutes."""

_PROMPT = "(gdb) "
_TERMINAL = "xterm-256color"
_COLOR = re.compile("\x1b\\[[0-9;]*m")
# ms
_KEY = 60  # from one typed character to the next
_ENTER = 400  # from the last one to the answer
_MARK = 100  # from the answer to its marker, at which a player that jumps there shows it
_GLANCE = 3000  # the pause after an answer without text
_PER_CELL = 15  # of text, without blanks: a full screen of 100 columns has some 800


def cast(
    scenes: Iterable[Scene],
    *,
    title: str,
    width: int,
    height: int,
    version: Version = 2,
    longest_pause: float = LONGEST_PAUSE,
) -> Iterator[str]:
    """Yield the lines of an asciicast: a header, then events.

    Commands are typed. After each answer and its marker there is a pause for reading: 3 s, and
    15 ms for each cell of text that is not blank, but at most `longest_pause` seconds.
    """
    yield _json(_header(escape(title), width, height, version))
    last = 0
    for time, kind, text in _events(scenes, round(longest_pause * 1000)):
        seconds = (time - last if version == 3 else time) / 1000
        yield _json([seconds, kind, text])
        last = time


def _header(title: str, width: int, height: int, version: Version) -> dict[str, object]:
    if version == 3:
        term = {"cols": width, "rows": height, "type": _TERMINAL}
        return {"version": 3, "term": term, "title": title}
    size = {"width": width, "height": height}
    return {"version": 2, **size, "title": title, "env": {"TERM": _TERMINAL}}


def _events(scenes: Iterable[Scene], longest_pause: int) -> Iterator[tuple[int, str, str]]:
    """Yield each event's time in ms, its kind ("o" for output, "m" for a marker) and its text."""
    time = 0
    yield time, "o", _PROMPT
    for scene in scenes:
        for key in scene.command:
            time += _KEY
            yield time, "o", key
        time += _ENTER
        answer = "".join(f"{line}\r\n" for line in scene.lines)
        yield time, "o", f"\r\n{answer}{_PROMPT}"
        time += _MARK
        yield time, "m", escape(scene.marker)
        time += min(_pause(scene), longest_pause)
    yield time, "o", ""  # the last pause is a part of the recording


def _pause(scene: Scene) -> int:
    """Return how long an answer is read, in ms."""
    text = _COLOR.sub("", "".join(scene.lines))
    return _GLANCE + _PER_CELL * cells("".join(text.split()))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
