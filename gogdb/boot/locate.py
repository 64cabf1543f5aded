"""The addresses of a stage's stops in this binary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gogdb.boot.anchors import Stops, describe, find_anchor
from gogdb.boot.stage import Stage
from gogdb.inferior.protocol import Target
from gogdb.runtime.symbols import RuntimeSymbols, find_function

__all__ = [
    "Located",
    "has_cgo",
    "is_library",
    "is_race",
    "locate",
    "locate_all",
    "locate_stops",
]


@dataclass(frozen=True)
class Located:
    """The addresses of a stage's stops by label. If there are none, `missing` says why.

    `missing` is "cgo", "library", "no-add", or a message about the anchor that was not found.
    """

    stops: Mapping[str, int]
    missing: str = ""


def locate_all(target: Target, stages: Iterable[Stage]) -> dict[str, Located]:
    """Locate stages in this binary, by their ids."""
    return {stage.id: locate(target, stage) for stage in stages}


def locate(target: Target, stage: Stage) -> Located:
    """Locate the stops of a stage, unless this build does not have the stage."""
    if stage.absent == "cgo" and has_cgo(target):
        return Located({}, "cgo")
    if stage.on_main_goroutine and is_library(target):
        return Located({}, "library")
    if stage.absent == "no-add" and target.symbols.find("main.add.abi0") is None:
        return Located({}, "no-add")
    return locate_stops(target, stage.stops)


def locate_stops(target: Target, stops: Stops) -> Located:
    """Locate stops; the address of one that is known only at run time is 0."""
    addresses: dict[str, int] = {}
    for label, anchor in stops:
        address = find_anchor(target, anchor)
        if address is None:
            return Located({}, f"{describe(anchor)} is not in this binary")
        addresses[label] = address
    return Located(addresses)


def has_cgo(target: Target) -> bool:
    """Report whether rt0_go calls C's start-up code: whether _cgo_init is set (asm_amd64.s)."""
    symbol = RuntimeSymbols(target.symbols).variable("_cgo_init")
    return symbol is not None and any(target.read(symbol.address, 8))


def is_library(target: Target) -> bool:
    """Report whether Go is a library in a C program: runtime.main does not call main.main then.

    The linker sets a variable for -buildmode=c-archive, and one for c-shared (main in proc.go).
    """
    symbols = RuntimeSymbols(target.symbols)
    flags = map(symbols.variable, ("runtime.isarchive", "runtime.islibrary"))
    return any(flag is not None and any(target.read(flag.address, 1)) for flag in flags)


def is_race(target: Target) -> bool:
    """Report whether the program was built with -race: other programs never call raceinit."""
    return find_function(target.symbols, "runtime.raceinit") is not None
