"""The functions and variables of a stripped program, as a list for another symbol table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gogdb.inferior.debug_file import NamedAddress
from gogdb.runtime import goversion
from gogdb.runtime.stripped.linked_functions import LinkedFunction
from gogdb.runtime.stripped.table import RecoveredTable
from gogdb.runtime.symbols import RUNTIME_SYMBOLS, Kind
from gogdb.runtime.symtab import SymbolTable

__all__ = ["SymbolList", "list_symbols"]

_ABI0 = b".abi0"


class SymbolList(NamedTuple):
    """Symbols, and the strings that their names are in; the first string is empty."""

    strings: bytes
    functions: Sequence[NamedAddress]
    variables: Sequence[NamedAddress]


def list_symbols(table: RecoveredTable, functions: Sequence[LinkedFunction]) -> SymbolList:
    """Return the functions of a program, and the variables of its runtime that were found."""
    tables = table.functions.modules[0].tables
    strings = _Strings(b"\0" + tables.names)
    abi0 = _abi0_entries(table.functions, functions, strings)
    listed = []
    for entry, record in functions:
        name = record.name_offset + 1
        if entry in abi0:
            name = strings.add(strings.at(name) + _ABI0)
        size = tables.code_size(record) or record.size
        listed.append(NamedAddress(name, entry, size, True))
    variables = []
    for text in _variable_names(table):
        if symbol := table.find(text):
            name = strings.add(text.encode())
            variables.append(NamedAddress(name, symbol.address, symbol.size, False))
    return SymbolList(strings.all(), listed, variables)


class _Strings:
    """Names by their offsets."""

    def __init__(self, strings: bytes) -> None:
        self._strings = strings
        self._added = bytearray()

    def at(self, offset: int) -> bytes:
        return self._strings[offset : self._strings.find(b"\0", offset)]

    def add(self, name: bytes) -> int:
        offset = len(self._strings) + len(self._added)
        self._added += name + b"\0"
        return offset

    def all(self) -> bytes:
        return self._strings + self._added


def _abi0_entries(
    table: SymbolTable, functions: Sequence[LinkedFunction], strings: _Strings
) -> frozenset[int]:
    """Return the entries of the functions that the linker names NAME.abi0.

    pclntab has the same name for a function and for the wrapper that has the other ABI. Assembly
    has ABI0 then, and its wrapper is Go's; where both are Go's, the wrapper has ABI0.
    """
    names = {entry: strings.at(record.name_offset + 1) for entry, record in functions}
    counts = Counter(names.values())
    shared: dict[bytes, list[int]] = {}
    for start, name in names.items():
        if counts[name] > 1:
            shared.setdefault(name, []).append(start)
    found: set[int] = set()
    for starts in shared.values():
        pair = [function for start in starts if (function := table.function(start))]
        wrappers = {each.entry for each in pair if table.is_wrapper(each)}
        assembly = {each.entry for each in pair if each.asm}
        if 0 < len(wrappers) < len(pair):
            found |= assembly or wrappers
    return frozenset(found)


def _variable_names(table: RecoveredTable) -> Iterator[str]:
    """Yield the names of the runtime's variables as the program's Go release has them."""
    release = goversion.parse(table.file.elf.go_version()) or goversion.NEWEST_TESTED
    for symbol in RUNTIME_SYMBOLS:
        if symbol.kind is Kind.VARIABLE:
            is_older = symbol.older_name and release < (1, symbol.since)
            yield symbol.older_name if is_older else symbol.name
