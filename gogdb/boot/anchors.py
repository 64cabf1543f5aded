"""Anchors: descriptions of places in the program, found in its symbols and instruction bytes.

Functions are named as in the Go sources; `.abi0` is added where the linker adds it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gogdb.errors import Unreadable
from gogdb.inferior.protocol import Target
from gogdb.runtime.symbols import find_function

__all__ = [
    "AfterBytes",
    "AfterCall",
    "Anchor",
    "AtBytes",
    "AtCall",
    "Entry",
    "Patterns",
    "ProgramEntry",
    "Return",
    "Saved",
    "Stops",
    "describe",
    "find_anchor",
]

Patterns = tuple[bytes, ...]
"""Regular expressions for the bytes of one instruction, which differ between Go releases."""


@dataclass(frozen=True)
class ProgramEntry:
    """The ELF header's entry point."""


@dataclass(frozen=True)
class Entry:
    """The first instruction of a function."""

    function: str


@dataclass(frozen=True)
class AtCall:
    """The `nth` call of `callee` in a function, before it happens."""

    function: str
    callee: str
    nth: int = 0


@dataclass(frozen=True)
class AfterCall:
    """The instruction that the `nth` call of `callee` in a function returns to."""

    function: str
    callee: str
    nth: int = 0


@dataclass(frozen=True)
class AtBytes:
    """The first instruction in a function that matches one of the patterns."""

    function: str
    patterns: Patterns


@dataclass(frozen=True)
class AfterBytes:
    """The instruction after the first one in a function that matches one of the patterns."""

    function: str
    patterns: Patterns


@dataclass(frozen=True)
class Return:
    """The return address of the function that was entered at the stop before."""


@dataclass(frozen=True)
class Saved:
    """The pc in a goroutine's gobuf, where it continues once gogo loads it."""


Anchor = ProgramEntry | Entry | AtCall | AfterCall | AtBytes | AfterBytes | Return | Saved

Stops = tuple[tuple[str, Anchor], ...]
"""The places where a stage stops, in their order, each with a label."""


def find_anchor(target: Target, anchor: Anchor) -> int | None:
    """Return the address of an anchor, None if the binary does not have it.

    The address of a `Return` or `Saved` is known only at run time: 0 is returned for them.
    """
    if isinstance(anchor, ProgramEntry):
        return target.binary.entry + target.slide
    if isinstance(anchor, Return | Saved):
        return 0
    symbol = find_function(target.symbols, anchor.function)
    if symbol is None:
        return None
    if isinstance(anchor, Entry):
        return symbol.address
    try:
        code = target.read(symbol.address, symbol.size)
    except Unreadable:
        return None
    if isinstance(anchor, AtCall | AfterCall):
        return _call(target, anchor, code, symbol.address)
    matches = [m for pattern in anchor.patterns if (m := re.search(pattern, code, re.DOTALL))]
    if not matches:
        return None
    first = min(matches, key=re.Match.start)
    return symbol.address + (first.end() if isinstance(anchor, AfterBytes) else first.start())


def _call(target: Target, anchor: AtCall | AfterCall, code: bytes, address: int) -> int | None:
    symbols = (target.symbols.find(anchor.callee + suffix) for suffix in ("", ".abi0"))
    entries = {symbol.address for symbol in symbols if symbol}
    sites = [site for site, callee in target.arch.calls(code, address) if callee in entries]
    if anchor.nth >= len(sites):
        return None
    return sites[anchor.nth] + (target.arch.call_size if isinstance(anchor, AfterCall) else 0)


def describe(anchor: Anchor) -> str:
    """Return what an anchor looks for, for a message that it was not found."""
    match anchor:
        case ProgramEntry() | Return() | Saved():
            return "the entry point"
        case Entry(name):
            return f"function {name}"
        case AtCall(name, callee) | AfterCall(name, callee):
            return f"a call of {callee} in {name}"
        case AtBytes(name) | AfterBytes(name):
            return f"the instruction looked for in {name}"
