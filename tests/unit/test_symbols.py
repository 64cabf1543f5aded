"""The list of runtime symbols that gogdb depends on, and how a missing one is reported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gogdb
from gogdb.inferior.protocol import Symbol
from gogdb.runtime.symbols import (
    ESSENTIAL,
    RUNTIME_SYMBOLS,
    Kind,
    MissingSymbolError,
    RuntimeSymbols,
)

ROOT = Path(gogdb.__file__).parent
NAMES = [symbol.name for symbol in RUNTIME_SYMBOLS]
OLDER_NAMES = [symbol.older_name for symbol in RUNTIME_SYMBOLS if symbol.older_name]
STRUCTS = {f"runtime.{name}" for name in ("g", "m", "p", "schedt", "moduledata")}
STRUCTS |= {f"runtime.{name}" for name in ("mspan", "sudog")}


class Program:
    """`Symbols` of a program that has these names, each at an address of its own."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def find(self, name: str) -> Symbol | None:
        if name not in self.names:
            return None
        return Symbol(name, 0x1000 * (self.names.index(name) + 1), 8)

    def at(self, address: int) -> Symbol | None:
        return None

    def section(self, address: int) -> str:
        return ""


PRINTED_TYPES = ("runtime.eface", "runtime.iface", "runtime.errorString", "runtime.maptype")
"""Types that the pretty printers of Go's values know by name."""


def test_the_list_names_each_symbol_once() -> None:
    assert len({*NAMES, *OLDER_NAMES}) == len(NAMES) + len(OLDER_NAMES)
    assert set(ESSENTIAL) <= set(NAMES)
    assert all(symbol.loss for symbol in RUNTIME_SYMBOLS)


def runtime_names() -> Iterator[tuple[str, str]]:
    """Yield (file, name) for each Go symbol that the code of a package mentions as a whole string.

    The stages of boot and follow name their own, and so do the ways to find variables without a
    symbol table: a program may lack those functions.
    """
    for package in ("inferior", "runtime", "view", "gdbhost", "commands"):
        for file in sorted((ROOT / package).rglob("*.py")):
            if file.match("stripped/ways.py"):
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and text.startswith("runtime.") and " " not in text:
                    yield str(file.relative_to(ROOT)), text.removesuffix(".abi0")


def test_every_name_in_the_code_is_listed() -> None:
    mentioned = set(runtime_names())
    assert ("runtime/scheduler_reader.py", "runtime.allp") in mentioned
    known = {*NAMES, *OLDER_NAMES, *STRUCTS, *PRINTED_TYPES, "runtime.", "runtime.tlsg"}
    assert {(file, name) for file, name in mentioned if name not in known} == set()


def test_a_missing_variable_is_reported_with_what_is_lost() -> None:
    symbols = RuntimeSymbols(Program("runtime.g0"))
    assert symbols.address("runtime.g0") == 0x1000
    assert symbols.variable("runtime.allp") is None
    with pytest.raises(MissingSymbolError) as error:
        symbols.address("runtime.allp")
    assert str(error.value) == "this program lacks runtime.allp: go-gmp p cannot list the Ps"
    with pytest.raises(MissingSymbolError, match=r"lacks runtime\.numCPUStartup and runtime\.ncpu"):
        symbols.address("runtime.numCPUStartup")


def test_an_older_name_is_found() -> None:
    assert RuntimeSymbols(Program("runtime.ncpu")).address("runtime.numCPUStartup") == 0x1000
    newer = Program("runtime.numCPUStartup", "runtime.ncpu")
    assert RuntimeSymbols(newer).address("runtime.numCPUStartup") == 0x1000


def test_an_assembly_function_is_found_by_its_abi0_name() -> None:
    found = RuntimeSymbols(Program("runtime.gogo.abi0")).function("runtime.gogo")
    assert found == Symbol("runtime.gogo.abi0", 0x1000, 8)
    both = Program("runtime.main", "runtime.main.abi0")
    assert RuntimeSymbols(both).function("runtime.main") == Symbol("runtime.main", 0x1000, 8)


def test_a_name_that_is_not_listed_is_refused() -> None:
    symbols = RuntimeSymbols(Program("runtime.other"))
    for look_up in (symbols.variable, symbols.function, symbols.address):
        with pytest.raises(KeyError):
            look_up("runtime.other")


def test_missing_lists_what_is_looked_up_by_address() -> None:
    looked_up = [symbol for symbol in RUNTIME_SYMBOLS if symbol.kind is not Kind.FRAME]
    assert RuntimeSymbols(Program()).missing() == looked_up
    assert RuntimeSymbols(Program(*NAMES)).missing() == []
