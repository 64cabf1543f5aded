"""go-stacks as JSON: goroutines with the bounds and the frames of their stacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import sub
from typing import Any

from gogdb.runtime.batch import Batch
from gogdb.runtime.interruptions import Interruption, Interruptions
from gogdb.runtime.model import MAX_STACK, G
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import TraceBatch
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.view.doc.json_rows import Hole, Offset, RowBatch
from gogdb.view.json.g_header import all_labels, bubble_entries, labels
from gogdb.view.json.signals import signals
from gogdb.view.json.values import as_hex, id_of

__all__ = ["stack", "stack_form", "stacks"]

# What many goroutines have in common
_SHARED = ("atomicstatus", "waitreason_code", "bubble", "unreadable")


def stack(
    runtime: Runtime, g: G, unwound: Unwound, interruptions: Sequence[Interruption] = ()
) -> dict[str, object]:
    """Return one goroutine with its frames; `interruptions` are those of its thread."""
    return {
        "goid": g.goid,
        "name": _name(g),
        **_kind(runtime, g.atomicstatus, g.waitreason_code, g.bubble, g.unreadable),
        "lockedm": id_of(runtime.m(g.lockedm), g.lockedm),
        "labels": labels(runtime.labels.get(g.labels)),
        "stack": {
            "lo": as_hex(g.stack_lo),
            "hi": as_hex(g.stack_hi),
            "guard": as_hex(g.stackguard0),
            "size": None if g.is_system and not g.stack.lo_known else _size(g.stack.size),
            "used": _used(unwound.frames, g.stack_hi, g.stack_hi - g.stack.lowest),
        },
        "frames": [_frame(frame, as_hex) for frame in unwound.frames],
        "ended": unwound.ended,
        "signals": signals(interruptions, unwound.frames),
    }


def stacks(runtime: Runtime, interruptions: Interruptions, batch: TraceBatch) -> RowBatch:
    """Return a row like that of `stack` for each goroutine, in the form of `stack_form`.

    Stacks with the same frames, size and depth have the same form, at any address.
    """
    gs = batch.gs
    los, his, guards, goids = map(gs.column, ("stack_lo", "stack_hi", "stackguard0", "goid"))
    shared = map(gs.column, _SHARED)
    sizes, depths = list(map(sub, his, los)), list(map(sub, his, batch.sps))
    sparse = _sparse(runtime, gs)
    holes = (
        (Hole.NUMBER, goids),
        (Hole.NAME, [f"g{goid}" if goid else _name(gs[i]) for i, goid in enumerate(goids)]),
        *((Hole.VALUE, column) for column in sparse.values()),
        (Hole.ADDRESS, los),
        (Hole.ADDRESS, his),
        (Hole.ADDRESS, guards),
    )
    handled = interruptions.of_each(batch)
    present = [tuple(sparse)] * len(gs)
    return RowBatch([batch.shapes, *shared, handled, sizes, depths, present], holes, batch.sps)


def stack_form(runtime: Runtime, key: tuple[Any, ...]) -> dict[str, object]:
    """Return the form of the rows with this key, one element of each of the `keys` of `stacks`."""
    shape, *shared, interruptions, size, depth, present = key
    return {
        "goid": Hole.NUMBER,
        "name": Hole.NAME,
        **_kind(runtime, *shared),
        "lockedm": Hole.VALUE if "lockedm" in present else None,
        "labels": Hole.VALUE if "labels" in present else None,
        "stack": {
            "lo": Hole.ADDRESS,
            "hi": Hole.ADDRESS,
            "guard": Hole.ADDRESS,
            "size": _size(size),
            "used": _used(shape.frames, depth, MAX_STACK if _size(size) is None else size),
        },
        "frames": [_frame(frame, Offset) for frame in shape.frames],
        "ended": shape.ended,
        "signals": signals(interruptions, shape.frames),
    }


def _name(g: G) -> str:
    return f"g{g.goid}" if g.goid else g.label


def _kind(
    runtime: Runtime, status: int, reason: int, bubble: int | None, unreadable: str
) -> dict[str, object]:
    """Return what a traceback's header line says, given the fields of a g named in `_SHARED`."""
    names = ("?", "") if unreadable else runtime.constants.status_and_reason(status, reason)
    return {
        "status": names[0],
        "waitreason": names[1] or None,
        "unreadable": unreadable or None,
        **bubble_entries(runtime, bubble, status, reason),
    }


def _size(size: int) -> int | None:
    """Return the size of a stack, None if it has none because its bounds make no sense."""
    return size if 0 <= size <= MAX_STACK else None


def _sparse(runtime: Runtime, gs: Batch) -> dict[str, Sequence[object]]:
    """Return the columns by key, in the order of the form, of what most goroutines do not have.

    A column that would be null in every row is left out.
    """
    columns = {
        "lockedm": _locked_ms(runtime, gs.column("lockedm")),
        "labels": all_labels(runtime, gs.column("labels")),
    }
    return {key: column for key, column in columns.items() if column is not None}


def _locked_ms(runtime: Runtime, addresses: Sequence[int]) -> Sequence[object] | None:
    """Return the id of the M that each goroutine is locked to; None if none is."""
    if not any(addresses):
        return None
    return [id_of(runtime.m(address), address) for address in addresses]


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
