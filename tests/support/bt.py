"""The frames that GDB's `bt` prints, and those of go-stacks, in one form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["Frame", "bt_frames", "stack_frames"]

Frame = tuple[str, str, int]
"""Function, file, line."""

_FRAME = re.compile(r"^#\d+ +(?:0x[0-9a-f]+ in )?(.+) \([^()]*\)(?: at (.+):(\d+))?$", re.M)


def bt_frames(text: str) -> list[Frame]:
    """Return the frames in the output of `bt`, printed without arguments."""
    return [_frame(*found) for found in _FRAME.findall(text)]


def stack_frames(stack: Mapping[str, Any]) -> list[Frame]:
    """Return the frames of a goroutine of `go-stacks --json`."""
    return [_frame(each["function"], each["file"], each["line"]) for each in stack["frames"]]


def _frame(name: str, file: str, line: str | int) -> Frame:
    """Return a frame without type arguments, which the tables of Go 1.19 have as [...]."""
    return re.sub(r"\[.*\]", "[...]", name), file.removeprefix("./"), int(line or 0)
