"""The signals that a thread is handling, in the rows of go-stacks."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.inferior.siginfo import code_name
from gogdb.runtime.interruptions import Interruption
from gogdb.runtime.signal_frames import SIGTRAMP
from gogdb.runtime.unwind import Frame
from gogdb.view.json.values import as_hex

__all__ = ["signals"]


def signals(
    interruptions: Sequence[Interruption], frames: Sequence[Frame]
) -> list[dict[str, object]] | None:
    """Return the signals that the thread of a g handles, the latest first; None if there is none.

    The list is empty if the `frames` of the g end in a handler whose signal frame is unreadable.
    """
    if not interruptions and not (frames and frames[-1].function == SIGTRAMP):
        return None
    return [_signal(each) for each in interruptions]


def _signal(each: Interruption) -> dict[str, object]:
    signal, place, unwound = each.signal, each.place, each.unwound
    return {
        "number": signal.number,
        "name": each.name or None,
        "code": signal.code,
        "code_name": code_name(signal) or None,
        "address": as_hex(signal.address),
        "sender": signal.sender,
        "interrupted": {
            "function": place.function or None,
            "file": place.file or None,
            "line": place.line or None,
            "pc": as_hex(each.registers.pc),
            "sp": as_hex(each.registers.sp),
            "go": each.in_go,
            "stack": each.stack or None,
            "overflows": each.overflows or None,
        },
        "pending": each.pending,
        "panics": each.panics,
        "goroutine": each.goroutine or None,
        "frames": [
            {"function": frame.function, "file": frame.file, "line": frame.line}
            for frame in unwound.frames
        ],
        "ended": unwound.ended,
    }
