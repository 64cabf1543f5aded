"""go-stacks as JSON: goroutines with the bounds and the frames of their stacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import sub
from typing import Any

from gogdb.runtime.model import G, GConstants
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import TraceBatch
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.view.doc.json_rows import Hole, Offset, RowBatch
from gogdb.view.json.values import as_hex

__all__ = ["stack", "stack_form", "stacks"]


def stack(g: G, unwound: Unwound) -> dict[str, object]:
    """Return one goroutine with its frames."""
    return {
        "goid": g.goid,
        "name": _name(g),
        **_kind(g.constants, g.atomicstatus, g.waitreason_code, g.unreadable),
        "stack": {
            "lo": as_hex(g.stack_lo),
            "hi": as_hex(g.stack_hi),
            "guard": as_hex(g.stackguard0),
            "size": None if g.is_system and not g.stack.lo_known else g.stack.size,
            "used": _used(unwound.frames, g.stack_hi, g.stack_hi - g.stack.lowest),
        },
        "frames": [_frame(frame, as_hex) for frame in unwound.frames],
        "ended": unwound.ended,
    }


def stacks(batch: TraceBatch) -> RowBatch:
    """Return a row like that of `stack` for each goroutine, in the form of `stack_form`.

    Stacks with the same frames, size and depth have the same form, at any address.
    """
    gs = batch.gs
    los, his, guards, goids = map(gs.column, ("stack_lo", "stack_hi", "stackguard0", "goid"))
    shared = map(gs.column, ("atomicstatus", "waitreason_code", "unreadable"))
    sizes, depths = map(sub, his, los), map(sub, his, batch.sps)
    holes = (
        (Hole.NUMBER, goids),
        (Hole.NAME, [f"g{goid}" if goid else _name(gs[i]) for i, goid in enumerate(goids)]),
        (Hole.ADDRESS, los),
        (Hole.ADDRESS, his),
        (Hole.ADDRESS, guards),
    )
    return RowBatch(zip(batch.shapes, *shared, sizes, depths, strict=True), holes, batch.sps)


def stack_form(runtime: Runtime, key: tuple[Any, ...]) -> dict[str, object]:
    """Return the form of the rows with this key, one of the `forms` of `stacks`."""
    shape, status, reason, unreadable, size, depth = key
    return {
        "goid": Hole.NUMBER,
        "name": Hole.NAME,
        **_kind(runtime.constants, status, reason, unreadable),
        "stack": {
            "lo": Hole.ADDRESS,
            "hi": Hole.ADDRESS,
            "guard": Hole.ADDRESS,
            "size": size,
            "used": _used(shape.frames, depth, size),
        },
        "frames": [_frame(frame, Offset) for frame in shape.frames],
        "ended": shape.ended,
    }


def _name(g: G) -> str:
    return f"g{g.goid}" if g.goid else g.label


def _kind(constants: GConstants, status: int, reason: int, unreadable: str) -> dict[str, object]:
    names = ("?", "") if unreadable else constants.status_and_reason(status, reason)
    return {
        "status": names[0],
        "waitreason": names[1] or None,
        "unreadable": unreadable or None,
    }


def _used(frames: Sequence[Frame], hi: int, size: int) -> int | None:
    """Return the bytes from the innermost sp on this stack to `hi`; None without such a frame."""
    return next((hi - frame.sp for frame in frames if 0 <= hi - frame.sp <= size), None)


def _frame(frame: Frame, address: Callable[[int], object]) -> dict[str, object]:
    return {
        "function": frame.function,
        "file": frame.file,
        "line": frame.line,
        "pc": as_hex(frame.pc),
        "sp": address(frame.sp),
        "bp": None if frame.fp_slot is None else address(frame.fp_slot),
        "inlined": frame.inlined,
        "elided": frame.elided,
    }
