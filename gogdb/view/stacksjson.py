"""go-stacks as JSON: each goroutine's stack with its frames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from gogdb.runtime.shapes import Shape, Trace
from gogdb.view.memo import Memo

__all__ = ["goroutines"]

_STACK = '{"lo": "%#x", "hi": "%#x", "guard": "%#x", "size": %d, "used": %s}'
_G = (
    '{"goid": %d, "name": %s, "status": %s, "waitreason": %s, "stack": '
    + _STACK
    + ', "frames": [%s], "ended": %s, "unreadable": %s}'
)


def goroutines(traces: Iterable[Trace]) -> Iterator[str]:
    """Each stack as the text of a JSON object: a million of them are quick to write."""
    said = Memo(json.dumps)
    frames = Memo(_frames)
    for g, shape, sp in traces:
        form, offsets = frames[shape]
        yield _G % (
            g.goid,
            f'"g{g.goid}"' if g.goid else said[g.label],
            said[g.status],
            said[g.waitreason or None if g.waits else None],
            g.stack_lo,
            g.stack_hi,
            g.stackguard0,
            g.stack_hi - g.stack_lo,
            g.stack_hi - sp if shape.frames else "null",
            form % tuple([sp + offset for offset in offsets]),
            said[shape.ended],
            said[g.unreadable or None],
        )


def _frames(shape: Shape) -> tuple[str, list[int]]:
    """The frames as a % format, and the offsets from sp of the addresses in it."""
    texts, offsets = [], list[int]()
    for frame in shape.frames:
        bp = "null"
        offsets.append(frame.sp)
        # A frame that holds nothing but its return address has no place for rbp.
        if frame.cfa - frame.sp > 8:
            bp = '"%#x"'
            offsets.append(frame.cfa - 16)
        known = {"function": frame.function, "file": frame.file, "line": frame.line}
        head = json.dumps(known | {"pc": f"{frame.pc:#x}"})[:-1].replace("%", "%%")
        inlined = json.dumps(frame.inlined)
        texts.append(f'{head}, "sp": "%#x", "bp": {bp}, "inlined": {inlined}}}')
    return ", ".join(texts), offsets
