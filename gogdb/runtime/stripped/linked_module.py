"""Find runtime.firstmoduledata in the file of a program without a symbol table.

The moduledata begins with the address of the pclntab, which has a section of its own or is found by
its header. The type descriptors are between two words of the moduledata, and one of them describes
moduledata: the right two words are those that it names `types` and `etypes`.
Sources: `moduledata` and `pcHeader` in runtime/symtab.go.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.elf import PCLNTAB_SECTIONS
from gogdb.inferior.layout import Struct
from gogdb.inferior.linked_file import LinkedFile
from gogdb.runtime.goversion import PCLNTAB_MAGICS
from gogdb.runtime.typedesc import DescriptorLayouts

__all__ = ["LinkedModule", "find_module"]

_HEADER = struct.Struct("<IHBB8Q")  # magic, padding, quantum, pointer size, then counts and offsets
_FUNCNAMETAB = 7  # the offset of funcnametab among the fields of a header
_WORDS = 64  # of a moduledata, beyond etypes
_FIRST_TYPES = 30  # words before types, in any release


class LinkedModule(NamedTuple):
    """runtime.firstmoduledata of a file, and its layout; addresses are those of the file."""

    address: int
    layout: Struct
    words: tuple[int, ...]

    def word(self, field: str) -> int:
        """Return a field that is a word."""
        return self.words[self.layout.offset(field) // 8]


def find_module(file: LinkedFile, pc_quantum: int) -> LinkedModule:
    """Return the first moduledata of a file. Raises `GogdbError` if there is none."""
    for header in _headers(file, pc_quantum):
        names = header + _HEADER.unpack(file.read(header, _HEADER.size))[_FUNCNAMETAB]
        for place in file.words_equal(header):
            module = _module(file, place, names)
            if module:
                return module
    raise GogdbError(
        f"{file.elf.path} has no symbol table, and no Go runtime was found in it",
        "gogdb reads programs as the Go linker writes them",
    )


def _headers(file: LinkedFile, pc_quantum: int) -> Iterator[int]:
    """Yield the addresses of possible pclntabs: of the sections, else of what looks like one."""
    sections = [section for name in PCLNTAB_SECTIONS if (section := file.elf.section(name))]
    starts = [section.address for section in sections]
    if not starts:
        patterns = (struct.pack("<IHBB", magic, 0, pc_quantum, 8) for magic in PCLNTAB_MAGICS)
        starts = [place for pattern in patterns for place in file.find(pattern)]
    for start in starts:
        try:
            magic, padding, quantum, pointer, *_ = _HEADER.unpack(file.read(start, _HEADER.size))
        except Unreadable:
            continue
        is_known = magic in PCLNTAB_MAGICS or sections  # garble writes a random magic
        if is_known and (padding, quantum, pointer) == (0, pc_quantum, 8):
            yield start


def _module(file: LinkedFile, place: int, names: int) -> LinkedModule | None:
    """Return the moduledata at an address, None if there is none."""
    try:
        words = struct.unpack(f"<{_WORDS}Q", file.read(place, 8 * _WORDS))
    except Unreadable:
        return None
    if words[1] != names:
        return None
    for first in range(_FIRST_TYPES, _WORDS - 2):
        for last in (first + 1, first + 2):  # typedesclen is between them since go1.27
            layout = _layout(file, words[first], words[last])
            if layout and (layout.offset("types"), layout.offset("etypes")) == (
                8 * first,
                8 * last,
            ):
                return LinkedModule(place, layout, words)
    return None


def _layout(file: LinkedFile, types: int, etypes: int) -> Struct | None:
    if not types < etypes:
        return None
    try:
        return DescriptorLayouts(file, types, etypes).struct("runtime.moduledata")
    except Unreadable:
        return None
