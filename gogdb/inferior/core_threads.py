"""The threads of a core file, and how to add others: notes with their registers.

A debugger takes each NT_PRSTATUS for a thread, whose further registers are in the notes that follow
it. The added ones come behind the process's own, and a first note has their names, which no note of
the kernel has. Formats: elf(5), and struct elf_prstatus in include/linux/elfcore.h.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior.elf import EHDR, PHDR, PT_NOTE, ElfFile
from gogdb.inferior.elf_notes import Note, encode, note_size, notes

__all__ = ["AddedThread", "CoreThreads", "append_notes", "thread_names"]

_NT_PRSTATUS, _NT_FPREGSET = ("CORE", 1), ("CORE", 2)
_OTHER_REGISTERS = "LINUX"  # the name of notes with the registers that only some processors have
_NAMES = ("gogdb", 0x676F0001)  # a type that no tool knows, whatever the name
_PT_NULL = 0

# struct elf_prstatus of 64-bit Linux: pr_info, pr_cursig, pr_sigpend and pr_sighold, then pr_pid,
# pr_ppid, pr_pgrp, pr_sid, and times; pr_reg, and last pr_fpvalid, padded to 8 bytes
_IDS = struct.Struct("<4i")
_IDS_AT, _REGISTERS_AT, _AFTER_REGISTERS = 32, 112, 8
_ALIGN = 4  # bytes, of notes in a core file


class AddedThread(NamedTuple):
    """A thread to add: its id, its name and its elf_gregset_t.

    If `like` is not None, it has all registers of the thread with that id instead.
    """

    lwp: int
    name: str
    gregset: bytes
    like: int | None = None


class CoreThreads:
    """The notes of a core file, without those of threads that were added to it."""

    def __init__(self, core: ElfFile) -> None:
        """Read them. Raises `GogdbError` if the file is cut short or has no threads."""
        parts = [core.part(segment) for segment in core.segments if segment.type == PT_NOTE]
        every = [note for part in parts for note in notes(part)]
        added = _names(every[0]) if every else {}
        lwp = 0
        self._own: list[Note] = []
        self._registers: dict[int, list[Note]] = {}  # by LWP
        for note in every:
            if note.kind == _NT_PRSTATUS:
                lwp = _lwp(note)
            if lwp in added or note.kind == _NAMES:
                continue
            self._own.append(note)
            if note.kind == _NT_PRSTATUS:
                self._registers[lwp] = [note]
            elif note.kind == _NT_FPREGSET or note.kind[0] == _OTHER_REGISTERS:
                self._registers.get(lwp, []).append(note)
        if not self._registers:
            raise GogdbError(f"{core.path} has no threads", "is it a core file of a process?")
        self._first = next(iter(self._registers.values()))[0].description

    @property
    def lwps(self) -> Sequence[int]:
        """The ids of the process's own threads."""
        return list(self._registers)

    def with_threads(self, threads: Sequence[AddedThread]) -> bytes:
        """Return the notes with these threads. Raises `GogdbError` if their registers do not fit.

        One that is like another thread must be like one of `lwps`.
        """
        names = b"".join(f"{each.lwp} {each.name}\0".encode(errors="replace") for each in threads)
        added = (note for thread in threads for note in self._notes_of(thread))
        written = (Note(_NAMES, names), *self._own)
        return b"".join([*map(encode, written), *map(encode, added)])

    def _notes_of(self, thread: AddedThread) -> Iterator[Note]:
        if thread.like is None:
            yield Note(_NT_PRSTATUS, self._status(thread.lwp, thread.gregset))
            return
        status, *others = self._registers[thread.like]
        gregset = status.description[_REGISTERS_AT:-_AFTER_REGISTERS]
        yield Note(_NT_PRSTATUS, self._status(thread.lwp, gregset))
        yield from others

    def _status(self, lwp: int, gregset: bytes) -> bytes:
        """Return an elf_prstatus: the thread belongs to the same process, and got no signal."""
        if len(self._first) != _REGISTERS_AT + len(gregset) + _AFTER_REGISTERS:
            raise GogdbError("the core's registers are not those of a 64-bit Linux process")
        _, *ids = _IDS.unpack_from(self._first, _IDS_AT)
        start = bytes(_IDS_AT) + _IDS.pack(lwp, *ids)
        return start.ljust(_REGISTERS_AT, b"\0") + gregset + bytes(_AFTER_REGISTERS)


def thread_names(core: ElfFile) -> Mapping[int, str]:
    """Return the names of the threads that were added to a core file, by LWP."""
    segment = next((s for s in core.segments if s.type == PT_NOTE), None)
    if segment is None:
        return {}
    size = note_size(core.part(segment._replace(file_size=min(16, segment.file_size))))
    first = core.part(segment._replace(file_size=min(size, segment.file_size)))
    return next(map(_names, notes(first)), {})


def append_notes(fd: int, core: ElfFile, contents: bytes) -> None:
    """Make `contents` the notes of the file open as `fd`, which is a copy of `core`.

    They are written behind all else. Raises `OSError`, and `GogdbError` if it had no notes.
    """
    places = [index for index, each in enumerate(core.segments) if each.type == PT_NOTE]
    if not places:
        raise GogdbError(f"{core.path} has no notes", "is it a core file of a process?")
    at = -(-core.length // _ALIGN) * _ALIGN
    os.pwrite(fd, contents, at)
    (headers_at,) = struct.unpack_from("<Q", os.pread(core.fileno(), EHDR.size, 0), 32)
    for index in places:
        kind, offset, size = _PT_NULL, 0, 0  # all notes are in the first one now
        if index == places[0]:
            kind, offset, size = PT_NOTE, at, len(contents)
        header = PHDR.pack(kind, core.segments[index].flags, offset, 0, 0, size, 0, _ALIGN)
        os.pwrite(fd, header, headers_at + index * PHDR.size)


def _lwp(status: Note) -> int:
    data = status.description
    return _IDS.unpack_from(data, _IDS_AT)[0] if len(data) >= _IDS_AT + _IDS.size else 0


def _names(note: Note) -> dict[int, str]:
    """Return what a note says if it has names of threads, else {}."""
    if note.kind != _NAMES:
        return {}
    entries = (
        each.partition(" ") for each in note.description.decode(errors="replace").split("\0")
    )
    return {int(lwp): name for lwp, _, name in entries if lwp.isdecimal() and len(lwp) < 11}
