"""go-stacks as JSON: each goroutine's stack with its frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from gogdb.runtime.model import G
from gogdb.runtime.rbpchain import slot
from gogdb.runtime.shapes import Shape, Trace
from gogdb.view.memo import Memo

__all__ = ["goroutines"]


def goroutines(
    batches: Iterable[Sequence[Trace]],
    extra: Callable[[G], Mapping[str, object]] | None = None,
) -> Iterator[list[str]]:
    """Each stack as the text of a JSON object: a million of them are quick to write.

    `extra` tells what else belongs to a goroutine.
    """
    said = Memo(json.dumps)
    frames = Memo(_frames)
    for batch in batches:
        rows = []
        for g, shape, sp in batch:
            form, offsets = frames[shape]
            told = form % tuple([sp + offset for offset in offsets])
            used = g.stack_hi - sp if g.stack_lo <= sp < g.stack_hi else _used(g, shape, sp)
            more = ", " + json.dumps(extra(g))[1:-1] if extra else ""
            name = f'"g{g.goid}"' if g.goid else said[g.label]
            rows.append(
                f'{{"goid": {g.goid}, "name": {name}, '
                f'"status": {said[g.status]}, '
                f'"waitreason": {said[g.waitreason or None if g.waits else None]}, '
                f'"stack": {{"lo": "{g.stack_lo:#x}", "hi": "{g.stack_hi:#x}", '
                f'"guard": "{g.stackguard0:#x}", "size": {g.stack_hi - g.stack_lo}, '
                f'"used": {used}}}, '
                f'"frames": [{told}], "ended": {said[shape.ended]}, '
                f'"unreadable": {said[g.unreadable or None]}{more}}}'
            )
        yield rows


def _used(g: G, shape: Shape, sp: int) -> int | str:
    """As text, the bytes of its own stack: the thread may have left it for another."""
    on_it = (sp + frame.sp for frame in shape.frames if g.has(sp + frame.sp))
    return next((g.stack_hi - its_sp for its_sp in on_it), "null")


def _frames(shape: Shape) -> tuple[str, list[int]]:
    """The frames as a % format, and the offsets from sp of the addresses in it."""
    texts, offsets = [], list[int]()
    for frame in shape.frames:
        kept = slot(frame)
        offsets += [frame.sp] if kept is None else [frame.sp, kept]
        bp = "null" if kept is None else '"%#x"'
        known = {"function": frame.function, "file": frame.file, "line": frame.line}
        head = json.dumps(known | {"pc": f"{frame.pc:#x}"})[:-1].replace("%", "%%")
        flags = json.dumps({"inlined": frame.inlined, "elided": frame.elided})[1:]
        texts.append(f'{head}, "sp": "%#x", "bp": {bp}, {flags}')
    return ", ".join(texts), offsets
