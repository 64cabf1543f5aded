"""Bulk reads from the tests' own process, and from a core file that is made here."""

from __future__ import annotations

import ctypes
import os
import random
import struct
from pathlib import Path

import pytest

from gogdb.inferior.elf import ElfFile
from gogdb.inferior.fast_memory import CoreMemory, ProcessMemory, core_memory
from tests.support.elf_image import elf
from tests.support.recorded_memory import Image

DATA = random.Random(1).randbytes(1 << 20)
ROOM = ctypes.create_string_buffer(DATA, len(DATA))
START = ctypes.addressof(ROOM)
GDB = Image({START: DATA})


def test_ranges_in_any_order() -> None:
    lows = [random.Random(n).randrange(len(DATA) - 5000) for n in range(3000)]  # several lists
    highs = [low + 1 + n % 5000 for n, low in enumerate(lows)]
    memory = ProcessMemory(os.getpid(), GDB)
    got = memory.gather([START + low for low in lows], [START + high for high in highs])
    assert got == b"".join(DATA[low:high] for low, high in zip(lows, highs, strict=True))
    assert memory.read(START, 100) == DATA[:100]


def test_an_unreadable_range_fails_the_whole_read() -> None:
    """Also if it is the last one, and if there is no such process."""
    good, bad = (START, START + 8), (16, 24)
    here = ProcessMemory(os.getpid(), GDB)
    for ranges in ([], [bad], [good, bad], [bad, good], [good] * 1500 + [bad]):
        assert here.gather([r[0] for r in ranges], [r[1] for r in ranges]) is None
    nobody = ProcessMemory(2**22 + 1, GDB)  # above the highest possible pid_max
    assert nobody.gather([START], [START + 8]) is None


def test_bytes_that_differ_from_gdbs_are_rejected() -> None:
    other = ProcessMemory(os.getpid(), GDB.changed(START + 5, b"GDB"))
    assert other.gather([START], [START + 8]) is None
    nothing = ProcessMemory(os.getpid(), Image({}))
    assert nothing.gather([START], [START + 8]) is None


# ---- core files


def core(*segments: tuple[int, bytes, int]) -> bytes:
    """Return a core file with these segments: (address, content, size in memory)."""
    at = 64 + 56 * len(segments)
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    body = b""
    for address, content, size in segments:
        place = at + len(body)
        head += struct.pack("<IIQQQQQQ", 1, 6, place, address, 0, len(content), size, 1)
        body += content
    return head + body


CORE = core((0x5000, b"bcde" * 0x400, 0x2000), (0x1000, b"a" * 0x1000, 0x1000), (0x9000, b"", 64))
INSIDE = Image({0x1000: b"a" * 0x1000, 0x5000: b"bcde" * 0x400})
WHOLE = Image({0x1000: b"A" * 0x1000, 0x5000: b"B" * 0x2000, 0x9000: b"C" * 64})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "core"
    path.write_bytes(CORE)
    return path


def test_ranges_that_the_core_file_holds(path: Path) -> None:
    memory = CoreMemory(ElfFile.open(str(path), core=True), INSIDE)
    in_one = memory.gather([0x5800, 0x5001, 0x5FFF], [0x5804, 0x5003, 0x6000])
    assert in_one == b"bcdecde"
    assert memory.gather([0x5800, 0x1FFF, 0x1000], [0x5804, 0x2000, 0x1002]) == b"bcdeaaa"
    for outside in (0xFF0, 0x1FF8, 0x5FF8, 0x6000, 0x9000, 0x20_0000, 0x10):
        assert memory.gather([outside], [outside + 16]) is None
        assert memory.gather([0x1000, outside, 0x5000], [0x1008, outside + 16, 0x5008]) is None
    assert memory.gather([], []) is None
    assert memory.read(0x1000, 2) == b"aa"


def test_a_core_file_that_differs_from_gdbs_memory(path: Path) -> None:
    """GDB replays a recording, or the core file belongs to another inferior."""
    other = CoreMemory(ElfFile.open(str(path), core=True), WHOLE)
    assert other.gather([0x5800], [0x5804]) is None


def test_a_core_file_larger_than_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(CORE)
    os.truncate(path, 1 << 43)  # a hole takes no space
    memory = CoreMemory(ElfFile.open(str(path), core=True), INSIDE)
    assert memory.gather([0x5800], [0x5804]) == b"bcde"


def test_a_core_file_that_is_truncated_while_mapped(path: Path) -> None:
    memory = CoreMemory(ElfFile.open(str(path), core=True), INSIDE)
    os.truncate(path, 0)
    assert memory.gather([0x5800], [0x5804]) is None


def test_the_only_open_core_file_is_found(path: Path, tmp_path: Path) -> None:
    with path.open("rb"), path.open("rb"):  # the same file twice counts once
        path.unlink()
        memory = core_memory(INSIDE)
        assert memory is not None
        assert memory.gather([0x5000], [0x5004]) == b"bcde"
        other = tmp_path / "other"
        other.write_bytes(CORE)
        with other.open("rb"):
            assert core_memory(WHOLE) is None


def test_no_open_core_file(tmp_path: Path) -> None:
    assert core_memory(WHOLE) is None
    program, short = tmp_path / "program", tmp_path / "short"
    program.write_bytes(elf())
    short.write_bytes(CORE[:-1])
    with program.open("rb"), short.open("rb"):
        assert core_memory(WHOLE) is None
