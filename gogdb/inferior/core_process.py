"""What a core file says about the process that left it: its files, and where its program began.

Formats: core(5), `fill_files_note` in fs/binfmt_elf.c, and getauxval(3). GDB's gcore writes the
same notes.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gogdb.errors import Unreadable
from gogdb.inferior.elf import PT_NOTE, ElfFile
from gogdb.inferior.elf_notes import notes

__all__ = ["AT_ENTRY", "AT_PHDR", "CoreContents", "CoreProcess", "MappedFile", "read_process"]

_NT_AUXV, _NT_FILE = ("CORE", 6), ("CORE", 0x46494C45)
AT_PHDR, AT_ENTRY = 3, 9
"""Keys of the auxiliary vector: where the program headers are, and the entry point."""
_PAIR = struct.Struct("<QQ")
_AREA = struct.Struct("<QQQ")
_DELETED = " (deleted)"  # what the kernel appends to the path of a file without a name


class MappedFile(NamedTuple):
    """A part of a file that was mapped at [`start`, `end`)."""

    start: int
    end: int
    path: str


class CoreProcess(NamedTuple):
    """A process that has left a core; `entry` and `program_headers` are addresses, 0 if unknown."""

    files: Sequence[MappedFile]
    entry: int
    program_headers: int

    @property
    def path(self) -> str:
        """The path that the program had, "" if the core does not say."""
        return next((f.path for f in self.files if f.start <= self.entry < f.end), "")


class CoreContents:
    """`PartialMemory` that is in the core file itself; what is not, GDB takes from other files."""

    def __init__(self, core: ElfFile) -> None:
        self._core = core
        self._segments = [segment for segment in core.loaded if segment.file_size]
        self._starts = [segment.address for segment in self._segments]

    def holds(self, address: int, size: int) -> bool:
        try:
            return sum(count for _, count in self._places(address, size)) == size
        except Unreadable:
            return False

    def read(self, address: int, size: int) -> bytes:
        return b"".join(self._core.read(*place) for place in self._places(address, size))

    def fileno(self) -> int:
        return self._core.fileno()

    def _places(self, address: int, size: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a range that are in one segment each. Raises `Unreadable`."""
        end = address + size
        while address < end:
            index = bisect_right(self._starts, address) - 1
            segment = self._segments[index] if index >= 0 else None
            if segment is None or address >= segment.address + segment.file_size:
                raise Unreadable(address, end - address)
            count = min(end, segment.address + segment.file_size) - address
            yield address, count
            address += count


def read_process(core: ElfFile) -> CoreProcess:
    """Return what the notes of a core file say. Raises `GogdbError` if it is cut short."""
    segments = [segment for segment in core.segments if segment.type == PT_NOTE]
    by_kind = {note.kind: note.description for s in segments for note in notes(core.part(s))}
    auxv = _auxiliary_vector(by_kind.get(_NT_AUXV, b""))
    files = _files(by_kind.get(_NT_FILE, b""))
    return CoreProcess(files, auxv.get(AT_ENTRY, 0), auxv.get(AT_PHDR, 0))


def _auxiliary_vector(data: bytes) -> Mapping[int, int]:
    return dict(_PAIR.iter_unpack(data[: len(data) // _PAIR.size * _PAIR.size]))


def _files(data: bytes) -> list[MappedFile]:
    """Decode NT_FILE: their number, the bytes of a page, the areas, then the paths."""
    if len(data) < _PAIR.size:
        return []
    count, _ = _PAIR.unpack_from(data)
    paths_at = _PAIR.size + count * _AREA.size
    if paths_at > len(data):
        return []
    paths = data[paths_at:].split(b"\0")
    areas = _AREA.iter_unpack(data[_PAIR.size : paths_at])
    return [
        MappedFile(start, end, path.decode("utf-8", "surrogateescape").removesuffix(_DELETED))
        for (start, end, _), path in zip(areas, paths, strict=False)
    ]
