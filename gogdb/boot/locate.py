"""The addresses of a stage's stops in this binary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gogdb.boot.anchors import Stops, describe, find_anchor
from gogdb.boot.stage import Stage
from gogdb.inferior.protocol import Target
from gogdb.runtime.symbols import RuntimeSymbols

__all__ = ["Located", "has_cgo", "locate", "locate_all", "locate_stops"]


@dataclass(frozen=True)
class Located:
    """The addresses of a stage's stops by label. If there are none, `missing` says why.

    `missing` is "cgo", "no-add", or a message about the anchor that was not found.
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
