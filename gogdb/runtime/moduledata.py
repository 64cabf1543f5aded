"""The list of runtime.moduledata: the program itself, then the plugins that it has opened.

Source: `moduledata` in `runtime/symtab.go`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.i18n import counted
from gogdb.inferior.memory import Memory
from gogdb.runtime.goversion import OLDEST_SUPPORTED, PCLNTAB_MAGICS
from gogdb.runtime.pclntab import Pclntab

__all__ = ["FIELDS", "Module", "read_modules"]

# The fields of moduledata that are read
FIELDS = (
    "pclntable",
    "ftab",
    "funcnametab",
    "cutab",
    "filetab",
    "pctab",
    "minpc",
    "maxpc",
    "text",
    "etext",
    "gofunc",
    "next",
)

_MAX_MODULES = 1000  # one, and one more for each plugin
_PCHEADER_SIZES = (72, 96)  # bytes to funcnametab; generatePCHeader in cmd/link, then aligned
_TABLES = {"funcnametab": 1, "cutab": 4, "filetab": 1, "pctab": 1, "pclntable": 1}
"""Bytes of an element of each table, in the order in which the linker puts them (pcln.go)."""
_HEADER_OFFSETS = struct.Struct("<32x5Q")  # of those in a pcHeader (symtab.go)
_PADDING = 32  # bytes between two tables, at most
_MAX_TABLE = 1 << 29  # bytes; the tables of the largest programs have some ten MB


class Module(NamedTuple):
    """One module: its code in [`minpc`, `maxpc`), and the addresses that its tables count from.

    `next_slot` is the address of its field `next`.
    """

    tables: Pclntab
    text: int
    minpc: int
    maxpc: int
    gofunc: int
    next_slot: int


def read_modules(
    memory: Memory, pc_quantum: int, first: int, offsets: Mapping[str, int]
) -> tuple[tuple[Module, ...], tuple[str, ...]]:
    """Read the list of modules that begins with the moduledata at `first`.

    Return the modules, and one line for each that cannot be read. `pc_quantum` is that of the
    `Arch`; `offsets` maps every name in `FIELDS` to its offset in bytes.
    """
    if missing := [name for name in FIELDS if name not in offsets]:
        error = f"runtime.moduledata has no field {', '.join(missing)}"
        return (), (f"{error}: gogdb reads programs built by {OLDEST_SUPPORTED} or later",)
    modules: list[Module] = []
    problems: list[str] = []
    for address in _addresses(memory, first, offsets["next"], problems):
        try:
            modules.append(_ModuleReader(memory, address, offsets, problems).module(pc_quantum))
        except GogdbError as error:
            problems.append(f"module at {address:#x}: {error}")
    return tuple(modules), tuple(problems)


def _addresses(memory: Memory, first: int, next_: int, problems: list[str]) -> Iterator[int]:
    seen: set[int] = set()
    address = first
    while address:
        if address in seen or len(seen) == _MAX_MODULES:
            problems.append(f"the list of modules does not end: stopped at {address:#x}")
            return
        seen.add(address)
        yield address
        try:
            address = int.from_bytes(memory.read(address + next_, 8), "little")
        except GogdbError as error:
            problems.append(f"the list of modules: {error.message}")
            return


class _ModuleReader:
    """Reads one moduledata, whose fields repeat each other: what one has lost another may have."""

    def __init__(
        self, memory: Memory, address: int, offsets: Mapping[str, int], problems: list[str]
    ) -> None:
        self._memory = memory
        self._address = address
        self._offsets = offsets
        self._problems = problems
        self._data = memory.read(address, max(offsets[name] for name in FIELDS) + 24)

    def module(self, pc_quantum: int) -> Module:
        """Return the module. Raises `GogdbError` if what every lookup needs cannot be read."""
        magic = self._magic()
        tables = Pclntab(
            magic,
            pc_quantum,
            functions=self._table("pclntable", 1),
            ftab=self._table("ftab", 8),
            names=self._optional_table("funcnametab"),
            compile_units=self._optional_table("cutab"),
            files=self._optional_table("filetab"),
            pctab=self._optional_table("pctab"),
        )
        if not tables.has_known_layout:
            raise _damaged(f"its functions are not laid out as the magic {magic:#x} says")
        text, minpc, maxpc = self._code(tables)
        next_slot = self._address + self._offsets["next"]
        return Module(tables, text, minpc, maxpc, self._word("gofunc"), next_slot)

    def _magic(self) -> int:
        """Return the first word of the pcHeader, the first field; funcnametab lies behind it.

        It may be any if the rest of the header agrees with the module data, as garble leaves it.
        Raises `GogdbError` if gogdb cannot decode it.
        """
        header = int.from_bytes(self._data[:8], "little")
        magic = self._magic_at(header)
        if magic in PCLNTAB_MAGICS:
            return magic
        for size in _PCHEADER_SIZES:
            likely = self._word("funcnametab") - size
            likely_magic = self._magic_at(likely)
            if likely_magic in PCLNTAB_MAGICS:
                self._complain(f"pcHeader is {header:#x}: {likely:#x} was read instead")
                return likely_magic
        if magic is None:
            raise Unreadable(header, 4)
        if self._is_header(header):
            return magic
        raise _damaged(f"the magic of its pclntab is {magic:#x}")

    def _is_header(self, address: int) -> bool:
        """Report whether the pcHeader at an address has the offsets of the module's tables."""
        return self._starts_by(address) == [self._word(name) for name in _TABLES]

    def _starts_by(self, header: int) -> list[int]:
        """Return where the tables begin according to a pcHeader, empty if it makes no sense."""
        try:
            offsets = _HEADER_OFFSETS.unpack(self._memory.read(header, _HEADER_OFFSETS.size))
        except Unreadable:
            return []
        rise = all(low < high for low, high in pairwise((0, *offsets)))
        return [header + offset for offset in offsets] if rise else []

    @cached_property
    def _places(self) -> Mapping[str, tuple[int, int]]:
        """The address and size in bytes of each table.

        The pcHeader repeats where they begin. If the two contradict each other, it is right, unless
        only the module data's tables lie one behind the other, as the linker puts them.
        """
        slices = {name: self._slice(name) for name in _TABLES}
        spans = {name: (at, count * _TABLES[name]) for name, (at, count) in slices.items()}
        ours = [at for at, _ in slices.values()]
        starts = self._starts_by(int.from_bytes(self._data[:8], "little"))
        counts = [count for _, count in slices.values()]
        if starts and (starts != ours or not _are_joined(ours, counts)):
            self._complain("pcHeader contradicts it about where the tables are")
            if _are_joined(starts, counts) or not _are_joined(ours, counts):
                ends = zip(_TABLES, pairwise(starts), strict=False)
                spans |= {name: (start, end - start) for name, (start, end) in ends}
        return spans

    def _magic_at(self, address: int) -> int | None:
        try:
            return int.from_bytes(self._memory.read(address, 4), "little")
        except Unreadable:
            return None

    def _code(self, tables: Pclntab) -> tuple[int, int, int]:
        """Return text, minpc and maxpc. ftab repeats the last two (moduledataverify1).

        moduledata.text is used, because pcHeader.textStart is 0 since go1.26. On amd64 the text is
        one section, so that textsectmap is not needed (splitTextSections in cmd/link).
        """
        if not len(tables):
            raise _damaged("it has no code")
        text, minpc, maxpc = map(self._word, ("text", "minpc", "maxpc"))
        first, end = tables.entries[0], tables.entries[-1]
        starts = [text, minpc - first, maxpc - end]
        if len(set(starts)) == 1:
            return text, minpc, maxpc
        agreed = next((start for start in starts if starts.count(start) == 2), None)
        if agreed is None:
            raise _damaged(
                f"text {text:#x}, minpc {minpc:#x}, maxpc {maxpc:#x} contradict its ftab"
            )
        self._complain(f"text {text:#x}, minpc {minpc:#x} and maxpc {maxpc:#x} contradict its ftab")
        return agreed, agreed + first, agreed + end

    def _word(self, name: str) -> int:
        return int.from_bytes(self._data[self._offsets[name] :][:8], "little")

    def _slice(self, name: str) -> tuple[int, int]:
        pointer, count = struct.unpack_from("<QQ", self._data, self._offsets[name])
        return pointer, count

    def _table(self, name: str, element: int) -> bytes:
        pointer, count = self._slice(name)
        if count * element > _MAX_TABLE:
            raise _damaged(f"{name} has {count} {counted(count):element|elements}")
        return self._memory.read(pointer, count * element) if count else b""

    def _optional_table(self, name: str) -> bytes:
        """Return a table without which functions can be found, empty if it cannot be read."""
        pointer, size = self._places[name]
        try:
            if size > _MAX_TABLE:
                raise _damaged(f"{name} has {size} bytes")
            return self._memory.read(pointer, size) if size else b""
        except GogdbError as error:
            self._complain(f"{name}: {error.message}")
            return b""

    def _complain(self, what: str) -> None:
        self._problems.append(f"module at {self._address:#x}: {what}")


def _are_joined(starts: Sequence[int], counts: Sequence[int]) -> bool:
    """Report whether tables of so many elements lie one behind the other.

    The length of cutab was in bytes before go1.20.
    """
    tables = zip(starts, counts, starts[1:], _TABLES.values(), strict=False)
    return all(
        any(0 <= after - (start + count * size) < _PADDING for size in {1, element})
        for start, count, after, element in tables
    )


def _damaged(what: str) -> GogdbError:
    return GogdbError(
        f"its module data makes no sense: {what}",
        "a PIE has none before it is relocated: let the program run to its entry",
    )
