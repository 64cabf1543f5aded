"""Reading an asciicast as its definition says, and the screen that it shows at a marker."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

__all__ = ["Cast", "read_cast"]

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


class Cast(NamedTuple):
    """An asciicast; the events have times since the beginning, in s."""

    header: dict[str, Any]
    events: list[tuple[float, str, str]]

    @property
    def size(self) -> tuple[int, int]:
        """The columns and lines of the terminal."""
        terminal = self.header.get("term", self.header)
        return terminal.get("cols") or terminal["width"], terminal.get("rows") or terminal["height"]

    @property
    def markers(self) -> list[str]:
        return [text for _, kind, text in self.events if kind == "m"]

    def screens(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each marker with the lines that are on the screen then.

        What moves the cursor in this recording is only the end of a line, so no terminal is needed;
        `read_cast` makes sure of that.
        """
        shown = ""
        for _, kind, text in self.events:
            if kind == "m":
                yield text, _COLOR.sub("", shown).split("\r\n")[-self.size[1] :]
            else:
                shown += text


def read_cast(text: str) -> Cast:
    """Read asciicast v2 or v3. docs.asciinema.org/manual/asciicast/v2 and v3.

    Every control character must belong to the end of a line or to a colour.
    """
    head, *lines = text.splitlines()
    assert text.endswith("\n")
    header, events = json.loads(head), [json.loads(line) for line in lines]
    for time, kind, data in events:
        assert isinstance(time, int | float)
        assert time >= 0
        assert kind in ("o", "m")
        plain = _COLOR.sub("", data).replace("\r\n", "")
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", plain), repr(plain)
    if header["version"] == 3:
        times = accumulate(time for time, _, _ in events)
        events = [(round(time, 3), *event[1:]) for time, event in zip(times, events, strict=True)]
    assert events == sorted(events, key=lambda event: event[0])
    return Cast(header, [(time, kind, data) for time, kind, data in events])
