"""Cores made by hand: their threads, and threads that are added to them."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.core_process import read_process
from gogdb.inferior.core_threads import AddedThread, CoreThreads, append_notes, thread_names
from gogdb.inferior.elf import PT_NOTE, ElfFile
from gogdb.inferior.elf_notes import Note, encode, note_size, notes
from tests.support.elf_image import core, note

REGISTERS = 27 * 8  # bytes of elf_gregset_t on amd64
STATUS, FLOATING_POINT, EXTENDED = ("CORE", 1), ("CORE", 2), ("LINUX", 0x202)


def status(lwp: int, registers: bytes = b"") -> bytes:
    """Return an elf_prstatus of a thread that a signal has ended."""
    start = struct.pack("<4iQQ4i", 6, 0, 0, 6, 1, 2, lwp, 11, 12, 13)
    return start.ljust(112, b"t") + registers.ljust(REGISTERS, b"r") + b"\1".ljust(8, b"\0")


THREADS = b"".join(
    (
        note(*STATUS, status(100, b"first")),
        note("CORE", 3, b"psinfo"),
        note(*FLOATING_POINT, b"fp of 100"),
        note(*EXTENDED, b"x of 100"),
        note(*STATUS, status(101, b"second")),
        note(*FLOATING_POINT, b"fp of 101"),
    )
)
MEMORY = {0x1000: b"memory", 0x9000: b"more"}
ADDED = (
    AddedThread(1_000_007, "g7 main.work", b"7" * REGISTERS),
    AddedThread(1_000_008, "g8 main.größe", bytes(REGISTERS), like=101),
)


def opened(data: bytes) -> ElfFile:
    return ElfFile(io.BytesIO(data), "core", core=True)


def file_of(data: bytes, path: Path) -> ElfFile:
    path.write_bytes(data)
    return ElfFile.open(str(path), core=True)


def parsed(file: ElfFile) -> list[Note]:
    parts = [file.part(segment) for segment in file.segments if segment.type == PT_NOTE]
    return [one for part in parts for one in notes(part)]


def lwps(file: ElfFile) -> list[int]:
    statuses = (one.description for one in parsed(file) if one.kind == STATUS)
    return [struct.unpack_from("<i", description, 32)[0] for description in statuses]


def add(data: bytes, work: Path, *threads: AddedThread) -> ElfFile:
    """Return a copy of a core with these threads, which is a file in `work`."""
    source, copy = file_of(data, work / "source"), work / "copy"
    copy.write_bytes(data)
    with copy.open("r+b") as target:
        append_notes(target.fileno(), source, CoreThreads(source).with_threads(threads))
    return ElfFile.open(str(copy), core=True)


def test_a_note_is_written_as_it_is_read() -> None:
    for one in (Note(("CORE", 1), b"12345"), Note(("x", 2**32 - 1), b""), Note(("", 0), b"1234")):
        data = encode(one)
        assert list(notes(data + b"next")) == [one]
        assert note_size(data + b"next") == len(data)
    assert encode(Note(("CORE", 1), b"12345")) == note("CORE", 1, b"12345")
    assert note_size(b"short") == 0


def test_threads_of_the_process() -> None:
    assert CoreThreads(opened(core(MEMORY, threads=THREADS))).lwps == [100, 101]


@pytest.mark.parametrize("extended", [False, True])
def test_added_threads_come_last(tmp_path: Path, extended: bool) -> None:
    data = core(MEMORY, threads=THREADS, auxv={9: 0x1234}, extended=extended)
    file = add(data, tmp_path, *ADDED)
    assert lwps(file) == [100, 101, 1_000_007, 1_000_008]
    assert thread_names(file) == {1_000_007: "g7 main.work", 1_000_008: "g8 main.größe"}
    found = parsed(file)
    assert found[1 : 1 + len(parsed(opened(data)))] == parsed(opened(data))
    seventh, eighth = [one for one in found if one.kind == STATUS][2:]
    assert seventh.description[32:48] == struct.pack("<4i", 1_000_007, 11, 12, 13)
    assert seventh.description[112:-8] == b"7" * REGISTERS
    others = (slice(32), slice(48, 112), slice(-8, None))
    assert not any(any(seventh.description[part]) for part in others)
    assert eighth.description[112:-8] == status(101, b"second")[112:-8]
    assert found[-1] == Note(FLOATING_POINT, b"fp of 101")
    assert read_process(file).entry == 0x1234
    assert [file.read(address, len(data)) for address, data in MEMORY.items()] == [*MEMORY.values()]
    assert len(file.segments) == 3


def test_threads_that_were_added_before_are_replaced(tmp_path: Path) -> None:
    first = add(core(MEMORY, threads=THREADS), tmp_path, *ADDED)
    data = (tmp_path / "copy").read_bytes()
    assert CoreThreads(first).lwps == [100, 101]
    work = tmp_path / "again"
    work.mkdir()
    file = add(data, work, ADDED[0])
    assert lwps(file) == [100, 101, 1_000_007]
    assert thread_names(file) == {1_000_007: "g7 main.work"}


def test_a_core_of_the_kernel_has_no_added_threads() -> None:
    assert thread_names(opened(core(MEMORY, threads=THREADS))) == {}
    assert thread_names(opened(core({}))) == {}


def test_names_that_make_no_sense_are_left_out() -> None:
    names = b"x y\0 7\0" + b"9" * 5000 + b" long\0" + b"5 \xff\0" + b"6 six\0rest"
    damaged = core({}, threads=note("gogdb", 0x676F0001, names))
    assert thread_names(opened(damaged)) == {5: "\ufffd", 6: "six"}


def test_a_core_without_threads_is_refused() -> None:
    with pytest.raises(GogdbError, match="core has no threads: is it a core file of a process"):
        CoreThreads(opened(core(MEMORY)))


def test_registers_of_another_size_are_refused() -> None:
    threads = CoreThreads(opened(core(MEMORY, threads=THREADS)))
    with pytest.raises(GogdbError, match="are not those of a 64-bit Linux process"):
        threads.with_threads([AddedThread(1_000_001, "g1", bytes(8))])


def test_more_segments_than_the_header_can_count(tmp_path: Path) -> None:
    """e_phnum is 0xffff, and section 0 has the number (elf(5))."""
    memory = {0x1000 * number: b"%d" % number for number in range(1, 65_600)}
    file = add(core(memory, threads=THREADS, extended=True), tmp_path, *ADDED)
    assert len(file.segments) == 65_600
    assert file.read(0x1000 * 65_599, 5) == b"65599"
    assert lwps(file) == [100, 101, 1_000_007, 1_000_008]
    (header,) = struct.unpack_from("<H", (tmp_path / "copy").read_bytes(), 56)
    assert header == 0xFFFF


def test_several_segments_of_notes_become_one(tmp_path: Path) -> None:
    data = bytearray(core({0x1000: note("CORE", 99, b"other")}, threads=THREADS))
    struct.pack_into("<I", data, 64 + 56, PT_NOTE)  # the type of the second segment
    file = add(bytes(data), tmp_path, ADDED[0])
    assert [segment.type for segment in file.segments] == [PT_NOTE, 0]
    assert Note(("CORE", 99), b"other") in parsed(file)


def test_a_core_that_is_cut_short_says_what_to_check(tmp_path: Path) -> None:
    data = core(MEMORY, threads=THREADS)
    with pytest.raises(GogdbError, match="is cut short: check `ulimit -c` and the free space"):
        file_of(data[:-2], tmp_path / "cut")
    assert os.listdir(tmp_path) == ["cut"]
