"""go-stacks as JSON: each goroutine's stack with its frames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from gogdb.runtime.shapes import Shape, Trace
from gogdb.view.memo import Memo

__all__ = ["goroutines"]


def goroutines(batches: Iterable[Sequence[Trace]]) -> Iterator[list[str]]:
    """Each stack as the text of a JSON object: a million of them are quick to write."""
    said = Memo(json.dumps)
    frames = Memo(_frames)
    for batch in batches:
        rows = []
        for g, shape, sp in batch:
            form, offsets = frames[shape]
            told = form % tuple([sp + offset for offset in offsets])
            name = f'"g{g.goid}"' if g.goid else said[g.label]
            rows.append(
                f'{{"goid": {g.goid}, "name": {name}, '
                f'"status": {said[g.status]}, '
                f'"waitreason": {said[g.waitreason or None if g.waits else None]}, '
                f'"stack": {{"lo": "{g.stack_lo:#x}", "hi": "{g.stack_hi:#x}", '
                f'"guard": "{g.stackguard0:#x}", "size": {g.stack_hi - g.stack_lo}, '
                f'"used": {g.stack_hi - sp if offsets else "null"}}}, '
                f'"frames": [{told}], "ended": {said[shape.ended]}, '
                f'"unreadable": {said[g.unreadable or None]}}}'
            )
        yield rows


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
