"""Tell whether a file is the program that is in memory.

Both have the GNU build id (by default since go1.24: `-B` in cmd/link) and Go's build id
(cmd/internal/buildid), which are in the first page of the program: a core file may lack that. And
build systems that want equal output may give every program the same ids. So what is in pages that
the program writes counts as well: the build information (debug/buildinfo), with the revision and
flags, and the tables' sizes and addresses that the linker wrote into runtime.firstmoduledata.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from gogdb.errors import Unreadable
from gogdb.inferior.arch import of_elf
from gogdb.inferior.elf import PCLNTAB_SECTIONS, ElfFile
from gogdb.inferior.elf_notes import notes
from gogdb.inferior.linked_file import LinkedFile
from gogdb.inferior.memory import WORD_MASK, Memory

__all__ = ["Comparison", "build_id", "compare", "module_data"]

_GNU, _GO = ".note.gnu.build-id", ".note.go.buildid"
_BUILD_INFO, _MODULE = ".go.buildinfo", ".go.module"

# From pcHeader to etext in `moduledata` (runtime/symtab.go): written by the linker, never changed
_MODULE_WORDS = 24


class Comparison(NamedTuple):
    """Whether a file is the program in memory, None if that cannot be known.

    `difference` says in which the two differ, "" if they do not.
    """

    same: bool | None
    difference: str = ""


def build_id(elf: ElfFile) -> str:
    """Return a file's GNU build id in hexadecimal, "" if it has none."""
    section = elf.section(_GNU)
    note = _description(elf.contents(section)) if section else None
    return note.hex() if note else ""


def compare(elf: ElfFile, slide: int, memory: Memory) -> Comparison:
    """Compare a file with the program in `memory`, `slide` bytes above the file's addresses."""
    results = [
        _compare_note(elf, slide, memory, _GNU, "GNU build id"),
        _compare_note(elf, slide, memory, _GO, "Go build id"),
        _compare_build_info(elf, slide, memory),
        _compare_module(elf, slide, memory),
    ]
    known = [result for result in results if result.same is not None]
    different = next((result for result in known if not result.same), None)
    return different or (known[0] if known else Comparison(None))


def _compare_note(elf: ElfFile, slide: int, memory: Memory, name: str, title: str) -> Comparison:
    section = elf.section(name)
    ours = _description(elf.contents(section)) if section else None
    if section is None or not ours:
        return Comparison(None)
    try:
        theirs = _description(memory.read(section.address + slide, section.size))
    except Unreadable:
        return Comparison(None)
    if ours == theirs:
        return Comparison(True)
    in_memory = _text(name, theirs) if theirs else "none"
    return Comparison(False, f"{title} {_text(name, ours)}, in memory {in_memory}")


def _compare_build_info(elf: ElfFile, slide: int, memory: Memory) -> Comparison:
    section = elf.section(_BUILD_INFO)
    ours = elf.contents(section) if section else b""
    if section is None or not ours:
        return Comparison(None)
    try:
        theirs = memory.read(section.address + slide, section.size)
    except Unreadable:
        return Comparison(None)
    same = ours == theirs
    return Comparison(same, "" if same else f"{_BUILD_INFO} in memory is not that of the file")


def _compare_module(elf: ElfFile, slide: int, memory: Memory) -> Comparison:
    address, size = module_data(elf), 8 * _MODULE_WORDS
    data = elf.read(address, size) if address and elf.has_code else b""
    if not data:
        return Comparison(None)
    try:
        theirs = memory.read(address + slide, size)
    except Unreadable:
        return Comparison(None)
    for in_file, in_memory in zip(_words(data), _words(theirs), strict=True):
        # In the file, a pointer that the loader relocates is 0 or lacks the slide.
        if in_file and (in_memory - in_file) & WORD_MASK not in (0, slide):
            return Comparison(False, "runtime.firstmoduledata in memory is not that of the file")
    return Comparison(True)


def module_data(elf: ElfFile) -> int:
    """Return the address of runtime.firstmoduledata, 0 if it is not known.

    In a program without a symbol table it has a section since go1.26; before, it is the first word
    of data that has the address of the pclntab.
    """
    symbol = elf.find("runtime.firstmoduledata")
    if symbol or elf.has_symbols:
        return symbol.address if symbol else 0
    if section := elf.section(_MODULE):
        return section.address
    table = next(filter(None, map(elf.section, PCLNTAB_SECTIONS)), None)
    if table is None or not elf.has_code:
        return 0
    file = LinkedFile(elf, of_elf(elf).relative_relocation)
    return next(file.words_equal(table.address), 0)


def _words(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 8}Q", data)


def _description(data: bytes) -> bytes | None:
    """Return the description of a note, None if the bytes are no note."""
    return next((note.description for note in notes(data)), None)


def _text(name: str, description: bytes) -> str:
    """Return the first characters of a build id."""
    text = description.hex() if name == _GNU else description.decode("ascii", "replace")
    return text if len(text) <= 20 else f"{text[:20]}…"
