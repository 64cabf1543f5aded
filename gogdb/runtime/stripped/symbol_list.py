"""The functions and variables of a stripped program, as a list for another symbol table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gogdb.inferior.debug_file import NamedAddress
from gogdb.inferior.elf_symbols import ElfSymbol
from gogdb.runtime import goversion
from gogdb.runtime.stripped.linked_functions import LinkedFunction
from gogdb.runtime.stripped.table import RecoveredTable
from gogdb.runtime.symbols import RUNTIME_SYMBOLS, Kind
from gogdb.runtime.symtab import SymbolTable

__all__ = ["found_variables", "list_symbols"]

_ABI0 = b".abi0"


def list_symbols(
    table: RecoveredTable, functions: Sequence[LinkedFunction]
) -> tuple[bytes, Sequence[NamedAddress]]:
    """Return the functions of a program, and the variables of its runtime that were found.

    Before them, the strings that their names are in; the first string is empty.
    """
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
    for text, address, size in found_variables(table):
        listed.append(NamedAddress(strings.add(text.encode()), address, size, False))
    return strings.all(), listed


def found_variables(table: RecoveredTable) -> Sequence[ElfSymbol]:
    """Return the variables, by the names that the program's Go release has for them."""
    release = goversion.parse(table.file.elf.go_version()) or goversion.NEWEST_TESTED
    names = [
        symbol.older_name if symbol.older_name and release < (1, symbol.since) else symbol.name
        for symbol in RUNTIME_SYMBOLS
        if symbol.kind is Kind.VARIABLE
    ]
    return [symbol for symbol in map(table.find, names) if symbol]


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
