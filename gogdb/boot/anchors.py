"""Where a stage is in this binary: its stops by the bytes of the runtime's code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gogdb.boot.stages import (
    STAGES,
    AfterBytes,
    AfterCall,
    Anchor,
    AtBytes,
    AtCall,
    Entry,
    ProgramEntry,
    Return,
    Saved,
    Stage,
)
from gogdb.errors import Unreadable
from gogdb.inferior.arch.amd64 import calls
from gogdb.inferior.protocol import Target
from gogdb.inferior.symbols import function

__all__ = ["Located", "has_cgo", "locate", "locate_all"]

CALL_SIZE = 5  # bytes of E8 rel32
ADD_ARGUMENTS = 24  # bytes: func add(x, y int64) int64


@dataclass(frozen=True)
class Located:
    """A stage's addresses by stop; without any, `missing` says why.

    `missing` is "cgo", "no-add", or the description of an anchor that is not there.
    """

    stops: Mapping[str, int]
    missing: str = ""


def locate_all(target: Target) -> dict[str, Located]:
    """Every stage of the walk in this binary."""
    return {stage.id: locate(target, stage) for stage in STAGES}


def locate(target: Target, stage: Stage) -> Located:
    """One stage. An address that is known only at run time (`Return`, `Saved`) is 0."""
    if stage.absent == "cgo" and has_cgo(target):
        return Located({}, "cgo")
    if stage.absent == "no-add" and function(target.symbols, "main.add.abi0") is None:
        return Located({}, "no-add")
    found: dict[str, int] = {}
    for label, anchor in stage.stops:
        address = _address(target, anchor)
        if address is None:
            return Located({}, f"{_words(anchor)} is not in this binary")
        found[label] = address
    return Located(found)


def has_cgo(target: Target) -> bool:
    """Whether the value, not the mere symbol, of _cgo_init says so (asm_amd64.s)."""
    symbol = target.symbols.find("_cgo_init")
    return symbol is not None and any(target.read(symbol.address, 8))


def _address(target: Target, anchor: Anchor) -> int | None:
    if isinstance(anchor, ProgramEntry):
        return target.binary.entry + target.slide
    if isinstance(anchor, Return | Saved):
        return 0
    symbol = function(target.symbols, anchor.function)
    if symbol is None:
        return None
    if isinstance(anchor, Entry):
        return symbol.address
    try:
        code = target.read(symbol.address, symbol.size)
    except Unreadable:
        return None
    if isinstance(anchor, AtCall | AfterCall):
        entries = {
            found.address
            for name in (anchor.callee, anchor.callee + ".abi0")
            if (found := target.symbols.find(name))
        }
        sites = [site for site, callee in calls(code, symbol.address) if callee in entries]
        if anchor.nth >= len(sites):
            return None
        return sites[anchor.nth] + (CALL_SIZE if isinstance(anchor, AfterCall) else 0)
    hits = [hit for p in anchor.patterns if (hit := re.search(p, code, re.DOTALL))]
    if not hits:
        return None
    first = min(hits, key=re.Match.start)
    return symbol.address + (first.end() if isinstance(anchor, AfterBytes) else first.start())


def _words(anchor: Anchor) -> str:
    match anchor:
        case ProgramEntry() | Return() | Saved():
            return "the entry point"
        case Entry(name):
            return f"function {name}"
        case AtCall(name, callee) | AfterCall(name, callee):
            return f"a call of {callee} in {name}"
        case AtBytes(name) | AfterBytes(name):
            return f"the instruction looked for in {name}"
