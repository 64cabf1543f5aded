"""The symbol table of an ELF file.

A large program has a hundred thousand symbols, and few are asked for. So a name is looked for among
the strings as they are in the file, and only its symbol is decoded.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from operator import not_
from typing import NamedTuple, Protocol

__all__ = ["ElfSymbol", "ElfSymbolTable", "SymbolTable", "c_string"]

_SIZE = 24  # bytes of an entry, Elf64_Sym
_TYPES = bytes(info & 0xF for info in range(256))  # STT_*, by st_info
_NOTYPE, _TLS = 0, 6
_IS_TLS = re.compile(b"\x06")
_NO_ADDRESS = re.compile(b"[\x03\x04]")  # STT_SECTION, STT_FILE


class ElfSymbol(NamedTuple):
    """A function or data object; `size` is in bytes, 0 for markers such as runtime.text."""

    name: str
    address: int
    size: int


class SymbolTable(Protocol):
    """The symbols of a file, at the addresses that the linker assigned."""

    def find(self, name: str) -> ElfSymbol | None:
        """Return the function or data object with this name."""

    def at(self, address: int) -> ElfSymbol | None:
        """Return the function or data object that contains `address`."""

    def is_undefined(self, name: str) -> bool:
        """Report whether a symbol is used, but defined in another file."""

    @property
    def tls(self) -> Mapping[str, int]:
        """The offsets of thread-local variables in the TLS block, by name."""


class ElfSymbolTable(SymbolTable):
    """The symbols in the sections `table` and `strings`; those before `first_global` are local.

    A global symbol precedes a local one of the same name or address, and the first precedes others.
    """

    def __init__(self, table: bytes, strings: bytes, first_global: int) -> None:
        self._strings = strings
        self._count = len(table) // _SIZE
        self._first_global = min(first_global, self._count)
        entries = memoryview(table)[: self._count * _SIZE]
        self._names = entries.cast("I")[::6].tolist()  # offsets in `strings`, -1: not an address
        self._types = bytes(entries[4::_SIZE]).translate(_TYPES)
        self._values = entries.cast("Q")[1::3]
        self._sizes = entries.cast("Q")[2::3]
        undefined = [*compress(range(self._count), map(not_, entries.cast("H")[3::12].tolist()))]
        self._undefined = {self._names[index] for index in undefined}
        for index in [*undefined, *(m.start() for m in _NO_ADDRESS.finditer(self._types))]:
            self._names[index] = -1

    def find(self, name: str) -> ElfSymbol | None:
        """Return the function or data object with this name."""
        found: list[int] = []
        for offset in self._offsets(name):
            index = self._by_name.get(offset)
            if index is not None:
                found.append(index)
                if index >= self._first_global:
                    break
        return self._symbol(min(found, key=self._rank)) if found else None

    def is_undefined(self, name: str) -> bool:
        """Report whether a symbol is used, but defined in another file."""
        return any(offset in self._undefined for offset in self._offsets(name))

    def at(self, address: int) -> ElfSymbol | None:
        """Return the function or data object that contains `address`."""
        by_address, addresses = self._by_address
        position = bisect_right(addresses, address) - 1
        if position < 0:
            return None
        symbol = self._symbol(by_address[addresses[position]])
        return symbol if address < symbol.address + symbol.size else None

    @cached_property
    def tls(self) -> Mapping[str, int]:
        """The offsets of thread-local variables in the TLS block, by name."""
        found = (m.start() for m in _IS_TLS.finditer(self._types))
        defined = sorted((i for i in found if self._names[i] >= 0), key=self._rank, reverse=True)
        return {self._symbol(index).name: self._values[index] for index in defined}

    @cached_property
    def _by_name(self) -> Mapping[int, int]:
        """The index of the symbol that precedes others, by the offset of its name."""
        names = self._names.copy()
        for match in _IS_TLS.finditer(self._types):
            names[match.start()] = -1
        indices = self._last_first()
        return dict(zip(map(names.__getitem__, indices), indices, strict=True))

    @cached_property
    def _by_address(self) -> tuple[Mapping[int, int], Sequence[int]]:
        """The index of the symbol that precedes others, by its address; and the addresses, sorted.

        Those without a size are left out.
        """
        names, types, sizes, values = self._names, self._types, self._sizes, self._values
        indices = [
            index
            for index in self._last_first()
            if sizes[index] and names[index] >= 0 and types[index] not in (_NOTYPE, _TLS)
        ]
        by_address = dict(zip(map(values.__getitem__, indices), indices, strict=True))
        return by_address, sorted(by_address)

    def _last_first(self) -> Sequence[int]:
        """Return all indices, those that precede others last."""
        return [
            *reversed(range(self._first_global)),
            *reversed(range(self._first_global, self._count)),
        ]

    def _rank(self, index: int) -> tuple[bool, int]:
        return index < self._first_global, index

    def _offsets(self, name: str) -> Iterator[int]:
        """Yield where `name` is among the strings; it may be the end of a longer one."""
        wanted = name.encode(errors="replace") + b"\0"
        offset = self._strings.find(wanted) if name else -1
        while offset >= 0:
            yield offset
            offset = self._strings.find(wanted, offset + 1)

    def _symbol(self, index: int) -> ElfSymbol:
        name = c_string(self._strings, self._names[index])
        return ElfSymbol(name, self._values[index], self._sizes[index])


def c_string(strings: bytes, offset: int) -> str:
    """Return the string that begins at `offset` and ends with a zero byte."""
    end = strings.find(b"\0", offset)
    return strings[offset : end if end >= 0 else None].decode(errors="replace")
