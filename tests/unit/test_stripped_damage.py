"""Stripped programs whose tables are damaged: right, or refused in one line, never a false row.

The programs were recorded by tests/snapshots/make_stripped.py. What they answer when a word in
their tables or an instruction is another one is compared with what they answer otherwise.
"""

from __future__ import annotations

import io
import lzma
import random
import struct
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.core_process import CoreContents, read_process
from gogdb.inferior.elf import ElfFile
from gogdb.runtime.stripped.ways import VARIABLES
from gogdb.runtime.symbols import find_function
from tests.support.core_target import CoreTarget, answers
from tests.support.places import SNAPSHOTS

VERSIONS = ("1.19.8", "1.27.3")
COUNT = 50  # changes of each kind and Go
MAX_READS = 2_000  # of memory, by both commands
STRUCTS = ("runtime.g", "runtime.m", "runtime.p", "runtime.gobuf", "runtime.moduledata")
HEADER = 72  # bytes of a pcHeader that are read
UNKNOWN = None  # the place of a goroutine that cannot be known


class Place(NamedTuple):
    """`size` bytes at an address; `what` names them."""

    what: str
    address: int
    size: int


class Recorded:
    """A recorded program, and what it answers when nothing is damaged."""

    def __init__(self, version: str) -> None:
        self.core = lzma.decompress((SNAPSHOTS / f"stripped-go{version}.xz").read_bytes())
        self._file, self.target = self._open(self.core)
        gmp, stacks = answers(self.target)
        self.rows, self.notes = rows(gmp, stacks), gmp["notes"]
        table = self.target.symbols
        self.module = table.find("runtime.firstmoduledata")

    def _open(self, core: bytes) -> tuple[ElfFile, CoreTarget]:
        file = ElfFile(io.BytesIO(core), "core", core=True)
        return file, CoreTarget(CoreContents(file), read_process(file))

    def changed(self, place: Place, value: int) -> tuple[CoreTarget, Any, Any]:
        """Return the program with another value at a place. Raises `GogdbError` if refused."""
        segment = next(
            s for s in self._file.loaded if s.address <= place.address < s.address + s.file_size
        )
        at = segment.offset + place.address - segment.address
        data = value.to_bytes(place.size, "little")
        _, target = self._open(self.core[:at] + data + self.core[at + place.size :])
        return target, *answers(target)

    def word(self, place: Place) -> int:
        return int.from_bytes(self.target.read(place.address, place.size), "little")

    def tables(self) -> list[Place]:
        """Return the words of the pcHeader and of the moduledata."""
        assert self.module is not None
        layout = self.target.layouts.struct("runtime.moduledata")
        assert layout is not None
        (header,) = struct.unpack("<Q", self.target.read(self.module.address, 8))
        found = [Place(f"pcHeader+{at}", header + at, 8) for at in range(0, HEADER, 8)]
        for at in range(0, layout.size, 8):
            name = layout.path_at(at)
            if not name.startswith("gofunc"):  # what is inlined is not known then
                found.append(Place(f"moduledata.{name}", self.module.address + at, 8))
        return found

    def descriptors(self) -> list[Place]:
        """Return the words of type descriptors and of their fields."""
        return [place for name in STRUCTS for place in self._descriptor(name)]

    def _descriptor(self, name: str) -> Iterator[Place]:
        layouts = self.target.layouts
        for address in layouts._candidates(name):  # type: ignore[attr-defined]
            for what, at, size in (
                ("size", 0, 8),
                ("kind and alignment", 16, 8),
                ("name", 40, 4),
                ("fields", 56, 8),
                ("number of fields", 64, 8),
                ("package", 80, 4),
            ):
                yield Place(f"{name}: {what}", address + at, size)
            fields, count = struct.unpack("<QQ", self.target.read(address + 56, 16))
            for at in range(fields, fields + 24 * count, 24):
                yield Place(f"{name}: name of a field", at, 8)
                yield Place(f"{name}: offset of a field", at + 16, 8)

    def code(self) -> list[Place]:
        """Return the bytes of the functions that tell where variables are."""
        names = sorted({way.function for ways in VARIABLES.values() for way in ways})
        functions = filter(None, (find_function(self.target.symbols, name) for name in names))
        return [
            Place(f"{function.name}+{at}", function.address + at, 1)
            for function in functions
            for at in range(function.size)
        ]


@cache
def recorded(version: str) -> Recorded:
    return Recorded(version)


def rows(gmp: Any, stacks: Any) -> dict[tuple[str, str], Any]:
    """Return what both commands say of each goroutine, by kind and name."""
    found: dict[tuple[str, str], Any] = {}
    for g in gmp["gs"]:
        place = g["where"]["function"] if g["where"] else UNKNOWN
        found["g", str(g["goid"])] = g["status"], g["waitreason"], place
    for g in stacks["goroutines"]:
        frames = [(f["function"], f["file"], f["line"], f["sp"]) for f in g["frames"]]
        found["stack", g["name"]] = frames
    return found


def check(version: str, places: list[Place], seed: int) -> int:
    """Change places, one at a time; return how often the program was refused."""
    program, choose, lines = recorded(version), random.Random(seed), list[str]()
    for _ in range(COUNT):
        place = choose.choice(places)
        old, bits = program.word(place), 8 * place.size
        new = choose.choice(
            (0, 1, old + 1, old + 8, old - 8, old + 4096, old ^ 1 << choose.randrange(bits))
        ) % (1 << bits)
        try:
            target, gmp, stacks = program.changed(place, new)
        except GogdbError as error:
            lines.append(str(error))
            continue
        assert target.reads < MAX_READS, place
        ours, what = rows(gmp, stacks), f"{place.what}: {old:#x} to {new:#x}"
        said = gmp["problems"] + stacks["problems"] or gmp["notes"] != program.notes
        assert ours == program.rows or said, what
    assert not any("\n" in line for line in lines)
    return len(lines)


@pytest.mark.parametrize("version", VERSIONS)
def test_undamaged_program(version: str) -> None:
    program = recorded(version)
    stacks = [row for kind, row in program.rows.items() if kind[0] == "stack"]
    functions = {frame[0] for stack in stacks for frame in stack}
    assert functions >= {f"main.{name}" for name in ("receives", "sends", "locks", "selects")}
    frames = [frame[0] for frame in program.rows["stack", "g1"]]
    assert frames[:3] == ["runtime.gopark", "time.Sleep", "main.main"]
    assert program.rows["g", "1"] == ("waiting", "sleep", "main.main")


@pytest.mark.parametrize("version", VERSIONS)
def test_other_words_in_the_tables(version: str) -> None:
    assert check(version, recorded(version).tables(), seed=1) > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_other_words_in_type_descriptors(version: str) -> None:
    assert check(version, recorded(version).descriptors(), seed=2) > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_other_instructions(version: str) -> None:
    check(version, recorded(version).code(), seed=3)
