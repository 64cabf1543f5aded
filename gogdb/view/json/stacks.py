"""go-stacks as JSON: each goroutine's stack with its frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from gogdb.runtime.model import G
from gogdb.runtime.trace_cache import Shape, TraceBatch

__all__ = ["goroutines"]

# Stacks of one shape lie at few places within 64 KiB, for they are allocated in powers of two:
# but for the upper digits of the addresses, what is written of them is the same.
_BLOCK = 16  # bits
_MOST = 4096  # such texts that are kept, of some KB each
_AT_ONCE = 64  # rows in a list, some 150 KB: room for more would be had anew from the kernel


Extra = Callable[[G], Mapping[str, object]]


def goroutines(batches: Iterable[TraceBatch], extra: Extra | None = None) -> Iterator[list[str]]:
    """Each stack as the text of a JSON object: a million of them are quick to write.

    `extra` tells what else belongs to a goroutine.
    """
    texts = _texts(batches, extra)
    while rows := list(islice(texts, _AT_ONCE)):
        yield rows


def _texts(batches: Iterable[TraceBatch], extra: Extra | None) -> Iterator[str]:
    low = (1 << _BLOCK) - 1
    heads: dict[tuple[Any, ...], str] = {}
    known: dict[tuple[Any, ...], list[str]] = {}
    for batch in batches:
        gs = batch.gs
        kinds = list(gs.rows(*_KIND))
        for kind in set(kinds) - heads.keys():
            heads[kind] = _head(gs[kinds.index(kind)])
        words = zip(
            batch.shapes, batch.sps, map(heads.__getitem__, kinds), gs.rows(*_WORDS), strict=True
        )
        for place, (shape, sp, head, (lo, hi, guard, goid)) in enumerate(words):
            key = shape, sp & low, sp - lo, hi - sp, guard - sp
            parts = known.get(key)
            if parts is None:
                if len(known) == _MOST:
                    known.clear()
                parts = _parts(gs[place], shape, sp)
                if len(parts) > 1:
                    known[key] = parts
            name = f"g{goid}" if goid else gs[place].label
            more = ", " + json.dumps(extra(gs[place]))[1:-1] if extra else ""
            yield (
                f'{{"goid": {goid}, "name": "{name}", {head}, '
                f'"stack": {{"lo": "{lo:#x}", "hi": "{hi:#x}", '
                f"{f'{sp >> _BLOCK:x}'.join(parts)}{more}}}"
            )


_WORDS = "stack_lo", "stack_hi", "stackguard0", "goid"
_KIND = "atomicstatus", "waitreason_code", "unreadable"


def _head(g: G) -> str:
    reason = g.waitreason if g.is_waiting and not g.unreadable else ""
    told = {"status": g.status, "waitreason": reason or None, "unreadable": g.unreadable or None}
    return json.dumps(told)[1:-1]


def _parts(g: G, shape: Shape, sp: int) -> list[str]:
    """A stack as JSON text, from its guard on, cut wherever the upper digits of sp stand.

    In one part when its addresses have different upper digits.
    """
    frames = [(frame, sp + frame.sp, frame.fp_slot) for frame in shape.frames]
    slots = (sp + kept for _, _, kept in frames if kept is not None)
    addresses = {g.stackguard0, *(at for _, at, _ in frames), *slots}
    block = sp >> _BLOCK
    alike = block and {address >> _BLOCK for address in addresses} == {block}

    def address(value: int) -> str:
        return f"0x\0{value & ((1 << _BLOCK) - 1):04x}" if alike else f"{value:#x}"

    used = next((g.stack_hi - at for _, at, _ in frames if g.stack_contains(at)), None)
    stack = {"guard": address(g.stackguard0), "size": g.stack_hi - g.stack_lo, "used": used}
    told = {
        "frames": [
            {
                "function": frame.function,
                "file": frame.file,
                "line": frame.line,
                "pc": f"{frame.pc:#x}",
                "sp": address(at),
                "bp": None if kept is None else address(sp + kept),
                "inlined": frame.inlined,
                "elided": frame.elided,
            }
            for frame, at, kept in frames
        ],
        "ended": shape.ended,
    }
    text = json.dumps(stack)[1:] + ", " + json.dumps(told)[1:-1]
    return text.split(json.dumps("\0")[1:-1])
