"""A program as it is in memory, read as its file would be: for a core that comes without the file.

The first page of a program has its ELF header and program headers. Section headers and the symbol
table are not loaded. Whether a core has the pages that the program cannot write depends on its
coredump_filter: core(5).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gogdb.inferior.elf import EHDR, ET_EXEC, PF_W, PF_X, PHDR, PT_LOAD, PT_NOTE, ElfFile, Segment
from gogdb.inferior.elf_notes import GNU_BUILD_ID, GO_BUILD_ID, notes
from gogdb.inferior.memory import Memory

__all__ = ["LoadedProgram", "PartialMemory", "find_program"]

_PAGE = 4096  # bytes
_MAX_SEGMENTS = 128  # of a program, which has some ten


class PartialMemory(Memory, Protocol):
    """Memory in a file, parts of which may be missing."""

    def holds(self, address: int, size: int) -> bool:
        """Report whether `size` bytes at `address` can be read."""

    def fileno(self) -> int:
        """Return the descriptor of the file."""


class LoadedProgram(NamedTuple):
    """A program in `memory`; its `entry` and segments are where they are there.

    `machine` is the processor that it is built for (e_machine).
    """

    memory: PartialMemory
    machine: int
    entry: int
    segments: Sequence[Segment]

    def parts(self, *, held: bool) -> list[str]:
        """Return what of the program memory has or, with `held` false, what it lacks."""
        loaded = [segment for segment in self.segments if segment.type == PT_LOAD]
        parts = [_name(s) for s in loaded if self.memory.holds(s.address, s.file_size) is held]
        return list(dict.fromkeys(parts))

    def build_id(self) -> str:
        """Return which build id it has, "" if memory does not tell."""
        found: dict[tuple[str, int], bytes] = {}
        for segment in self.segments:
            # no program header covers the GNU note, which Go's linker puts after its own
            size = -segment.address % _PAGE
            if segment.type == PT_NOTE and self.memory.holds(segment.address, size):
                data = self.memory.read(segment.address, size)
                found |= {note.kind: note.description for note in notes(data)}
        if GNU_BUILD_ID in found:
            return f"GNU build id {found[GNU_BUILD_ID].hex()}"
        go = found.get(GO_BUILD_ID, b"").decode("ascii", "replace")
        return f"Go build id {go}" if go else ""

    def file(self, path: str) -> ElfFile:
        """Return the file, which has no sections; all its addresses are those in memory."""
        return ElfFile(_Contents(self), path)


def find_program(memory: PartialMemory, program_headers: int) -> LoadedProgram | None:
    """Return the program whose program headers are at an address, None if they are not there."""
    start = program_headers // _PAGE * _PAGE
    if not program_headers or not memory.holds(start, _PAGE):
        return None
    header = EHDR.unpack(memory.read(start, EHDR.size))
    ident, machine, entry, offset, count = header[0], header[2], header[4], header[5], header[10]
    size = count * PHDR.size
    if ident[:6] != b"\x7fELF\x02\x01" or start + offset != program_headers:
        return None
    if not count <= _MAX_SEGMENTS or not memory.holds(program_headers, size):
        return None
    segments = [
        Segment(kind, flags, at, address, file_size, memory_size, align)
        for kind, flags, at, address, _, file_size, memory_size, align in PHDR.iter_unpack(
            memory.read(program_headers, size)
        )
    ]
    first = min((s for s in segments if s.type == PT_LOAD), key=lambda s: s.address, default=None)
    if first is None:
        return None
    slide = start - (first.address - first.offset)
    moved = [segment._replace(address=segment.address + slide) for segment in segments]
    return LoadedProgram(memory, machine, entry + slide, moved)


class _Contents:
    """A file in which each byte of memory is at the offset that is its address.

    Its headers are at offset 0, where no program has memory.
    """

    def __init__(self, program: LoadedProgram) -> None:
        segments = program.segments
        self._program = program
        self._headers = _headers(program)
        self._end = max(segment.address + segment.file_size for segment in segments)
        self._at = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (self._end if whence == io.SEEK_END else 0)
        return self._at

    def read(self, size: int) -> bytes:
        if self._at < len(self._headers):
            return self._headers[self._at : self._at + size].ljust(size, b"\0")
        return self._program.memory.read(self._at, size)

    def fileno(self) -> int:
        return self._program.memory.fileno()

    def close(self) -> None:
        """Do nothing: the memory belongs to others."""


def _headers(program: LoadedProgram) -> bytes:
    """Return the headers of a program that is linked for the addresses at which it is loaded.

    Of its segments those that memory does not have are left out.
    """
    held = [s for s in program.segments if program.memory.holds(s.address, s.file_size)]
    header = EHDR.pack(
        b"\x7fELF\x02\x01\x01".ljust(16, b"\0"),
        *(ET_EXEC, program.machine, 1, program.entry),
        *(EHDR.size, 0, 0),  # where the program headers and the section headers are, and flags
        *(EHDR.size, PHDR.size, len(held)),
        *(0, 0, 0),  # no section headers
    )
    return header + b"".join(
        PHDR.pack(s.type, s.flags, s.address, s.address, s.address, s.file_size, s.size, s.align)
        for s in held
    )


def _name(segment: Segment) -> str:
    if segment.flags & PF_X:
        return "code"
    return "data" if segment.flags & PF_W else "read-only data"
