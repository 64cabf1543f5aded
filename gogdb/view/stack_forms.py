"""The pages of many stacks, in two parts: the head, and the body with all addresses.

Goroutines with equal keys have equal parts, but for their names, and for addresses that are equally
far from the stack's hi. These are marked in a part that is laid out for all of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat

from gogdb.runtime.clock import Clock
from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.runtime.model import is_dead
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Trace, TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.view import g_header, stacks
from gogdb.view.doc.document import Part
from gogdb.view.doc.forms import MarkedInt, mark

__all__ = ["body", "body_keys", "head", "head_keys", "names"]

# What a head depends on, besides the name and the time of waiting
_HEAD = ("atomicstatus", "waitreason_code", "lockedm", "bubble", "labels", "unreadable")


def names(traces: TraceBatch) -> list[str]:
    """Return the text by which the heads differ: the goid or "m1.g0"; "" if there is none."""
    gs = traces.gs
    goids, errors = gs.column("goid"), gs.column("unreadable")
    return [
        str(goid) if goid > 0 and not error else gs[number].system_name
        for number, (goid, error) in enumerate(zip(goids, errors, strict=True))
    ]


def head_keys(traces: TraceBatch, names: Sequence[str], clock: Clock | None) -> Iterator[Hashable]:
    """Yield the key of each head; `names` are those of `names`."""
    gs = traces.gs
    waits: Iterable[str] = repeat("", len(gs))
    if clock and any(gs.column("waitsince")):
        times = gs.rows("atomicstatus", "waitsince")
        waits = (g_header.waited(clock, *row) for row in times)
    kinds = map(str.isdigit, names), map(len, names)
    return zip(*map(gs.column, _HEAD), *kinds, waits, strict=True)


def head(runtime: Runtime, trace: Trace, clock: Clock | None) -> list[Part]:
    """Return the head of a goroutine's page, with its name marked."""
    g = trace.g
    system_name = mark(g.system_name) if g.system_name else ""
    marked = g._replace(goid=MarkedInt(g.goid), system_name=system_name)
    return stacks.head(runtime, marked, clock)


def body_keys(traces: TraceBatch, chains: Sequence[int]) -> Iterator[Hashable]:
    """Yield the key of each body; `chains` are the numbers of the chains (`ChainKeys`).

    It is None where the addresses are not all of one length.
    """
    rows = zip(
        traces.shapes,
        chains,
        traces.sps,
        traces.gs.rows("stack_lo", "stack_hi", "stackguard0", "atomicstatus"),
        strict=True,
    )
    for shape, chain, sp, (lo, hi, guard, status) in rows:
        digits = hi.bit_length() + 3 >> 2
        if {lo.bit_length() + 3 >> 2, (sp or hi).bit_length() + 3 >> 2} != {digits}:
            yield None
            continue
        guard_place = guard - hi if lo <= guard <= hi else guard
        yield shape, chain, hi - lo, hi - sp if sp else 0, guard_place, digits, is_dead(status)


def body(trace: Trace, chain: FramePointerChain | None) -> list[Part]:
    """Return the body of a goroutine's page, with the addresses marked."""
    g, unwound = trace.g, trace.unwound
    if chain and chain.start.value in g.stack:
        chain = replace(chain, start=replace(chain.start, value=MarkedInt(chain.start.value)))
    marked = g._replace(stack_lo=MarkedInt(g.stack_lo), stack_hi=MarkedInt(g.stack_hi))
    frames = tuple(map(_marked, unwound.frames))
    return stacks.body(marked, unwound._replace(frames=frames), chain)


def _marked(frame: Frame) -> Frame:
    return frame._replace(
        sp=MarkedInt(frame.sp),
        return_slot=None if frame.return_slot is None else MarkedInt(frame.return_slot),
        fp_slot=None if frame.fp_slot is None else MarkedInt(frame.fp_slot),
    )
