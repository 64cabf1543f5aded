"""Recorded programs that lack something, or that another Go release is said to have built."""

from __future__ import annotations

from collections.abc import Collection

from gogdb.inferior.layout import Layouts, Struct
from gogdb.inferior.protocol import Symbol, Symbols
from gogdb.runtime.program import Program
from tests.support.walks import load

__all__ = ["recorded_program"]


class SomeLayouts:
    """Other layouts, without some structs and without some fields ("runtime.m.curg")."""

    source = "type descriptors"

    def __init__(self, layouts: Layouts, lacking: Collection[str]) -> None:
        self._layouts = layouts
        self._lacking = lacking

    def struct(self, name: str) -> Struct | None:
        struct = self._layouts.struct(name)
        if struct is None or name in self._lacking:
            return None
        fields = {p: f for p, f in struct.fields.items() if f"{name}.{p}" not in self._lacking}
        return Struct(name, struct.size, fields)


class SomeSymbols:
    """Other symbols, without some names, and some with an unknown size."""

    def __init__(
        self, symbols: Symbols, lacking: Collection[str], unsized: Collection[str]
    ) -> None:
        self._symbols = symbols
        self._lacking = lacking
        self._unsized = unsized
        self.at, self.section = symbols.at, symbols.section

    def find(self, name: str) -> Symbol | None:
        found = None if name in self._lacking else self._symbols.find(name)
        return found._replace(size=0) if found and name in self._unsized else found


def recorded_program(
    version: str = "1.27.3",
    *,
    reported: str = "",
    lacking: Collection[str] = (),
    unsized: Collection[str] = (),
) -> Program:
    """Return the recorded program of a Go version, at its last stop.

    `reported` is the version string that its file holds.
    """
    replay = load(version)
    replay.go_to(-1)
    replay.binary = replay.binary._replace(go_version=reported or f"go{version}")
    replay.layouts = SomeLayouts(replay.layouts, lacking)
    replay.symbols = SomeSymbols(replay.symbols, lacking, unsized)
    return Program(replay)
