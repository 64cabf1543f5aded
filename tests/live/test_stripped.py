"""Programs without a symbol table: what is found in its place, and their boot.

What is found is compared with the symbol table of programs that have one. Stacks of stripped
programs are compared with Go's traceback by test_truth.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gogdb.errors import Unreadable
from gogdb.inferior.arch import Arch
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.layout import Struct
from gogdb.inferior.symbols import ElfSymbols
from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go
from gogdb.runtime import schedt
from gogdb.runtime.build_version import build_version
from gogdb.runtime.goversion import parse
from gogdb.runtime.heap import Heap
from gogdb.runtime.moduledata import FIELDS
from gogdb.runtime.stripped.live_checks import LiveChecks
from gogdb.runtime.stripped.table import RecoveredTable
from gogdb.runtime.symbols import RUNTIME_SYMBOLS, Kind, RuntimeSymbols
from gogdb.runtime.symtab import SymbolTable
from gogdb.runtime.typedesc import DescriptorLayouts
from tests.support import gdb_log
from tests.support.builds import Builds, Built
from tests.support.gdb_command import execute, quiet
from tests.support.process import running

CHECKED = (
    "runtime.g0",
    "runtime.m0",
    "runtime.allgs",
    "runtime.allgptr",
    "runtime.allglen",
    "runtime.allm",
    "runtime.allp",
    "runtime.gomaxprocs",
    "runtime.sched",
    "runtime.argc",
    "runtime.argv",
)


@pytest.mark.parametrize("name", ["-N -l", "optimised", "pie", "cgo", "cgo optimised"])
def test_symbols_are_those_of_the_symbol_table(built: Built, name: str) -> None:
    whole, bare = (ElfFile.open(str(built(name))) for _ in range(2))
    bare.symbol_table = RecoveredTable(bare, AMD64)
    expected, found = (RuntimeSymbols(ElfSymbols(elf, 0)) for elf in (whole, bare))
    compared = 0
    for symbol in RUNTIME_SYMBOLS:
        if symbol.kind is Kind.FRAME:
            continue
        looks_up = "variable" if symbol.kind is Kind.VARIABLE else "function"
        ours, theirs = (getattr(symbols, looks_up)(symbol.name) for symbols in (found, expected))
        assert (ours and ours[1:]) == (theirs and theirs[1:]), symbol.name
        compared += theirs is not None
    assert compared > 28
    for name in ("runtime.newproc", "runtime.newproc.abi0", "runtime.memmove", "runtime.main"):
        function = whole.find(name)
        assert function is not None
        assert (bare.find(name), bare.at(function.address)) == (function, function)
    assert AMD64.tls_offset(bare) == AMD64.tls_offset(whole)
    for elf in (whole, bare):
        assert build_version(elf, AMD64.relative_relocation) == elf.go_version() != ""


class ProcessFile:
    """The memory of a process that stands, by its file in /proc."""

    def __init__(self, pid: int) -> None:
        self._file = os.open(f"/proc/{pid}/mem", os.O_RDONLY)

    def read(self, address: int, size: int) -> bytes:
        try:
            data = os.pread(self._file, size, address)
        except (OSError, OverflowError):
            raise Unreadable(address, size) from None
        if len(data) != size:
            raise Unreadable(address, size)
        return data

    def __enter__(self) -> ProcessFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


class Standing(NamedTuple):
    """A process that is stopped, and where its variables were found."""

    elf: ElfFile
    memory: ProcessFile

    @property
    def arch(self) -> Arch:
        return AMD64

    @property
    def layouts(self) -> DescriptorLayouts:
        bounds = (self.address("runtime.types"), self.address("runtime.etypes"))
        return DescriptorLayouts(self.memory, *bounds)

    def layout(self, name: str) -> Struct:
        layout = self.layouts.struct(name)
        assert layout is not None
        return layout

    def read(self, address: int, size: int) -> bytes:
        return self.memory.read(address, size)

    def word(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little")

    @property
    def target(self) -> Standing:
        return self

    def verdicts(self, name: str = "", by: int = 0) -> Mapping[str, bool | None]:
        """Return what memory says if one variable had been found `by` bytes from where it is."""
        release = schedt.layout(parse(self.elf.go_version()))
        moved = {name: by}

        def find(name: str) -> int:
            return self.address(name) + moved.get(name, 0)

        verdicts = LiveChecks(self.memory, self.layouts, release, find).verdicts()
        assert verdicts is not None
        return verdicts

    def address(self, name: str) -> int:
        symbol = self.elf.find(name)
        assert symbol is not None
        return symbol.address


@pytest.fixture(scope="module")
def standing(built: Built) -> Iterator[Standing]:
    program = built("optimised")
    with running(program, "stand", "3") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        elf = ElfFile.open(str(program))
        elf.symbol_table = RecoveredTable(elf, AMD64)
        with ProcessFile(process.pid) as memory:
            yield Standing(elf, memory)


def test_memory_confirms_what_is_right(standing: Standing) -> None:
    verdicts = standing.verdicts()
    assert set(CHECKED) < set(verdicts)
    assert {name for name, verdict in verdicts.items() if verdict is not True} == set()


@pytest.mark.parametrize("by", [-4096, -8, 8, 4096])
@pytest.mark.parametrize("name", CHECKED)
def test_memory_does_not_confirm_another_address(standing: Standing, name: str, by: int) -> None:
    """It is refuted, or what it leads to cannot be read: then nothing is said."""
    assert standing.verdicts(name, by)[name] is not True


def test_memory_refutes_a_flag_that_is_not_set(standing: Standing) -> None:
    """A neighbouring bool that is set passes for mainStarted, but then the value is right."""
    flags = standing.memory.read(standing.address("runtime.mainStarted"), 256)
    assert flags[0] == 1
    name = "runtime.mainStarted"
    assert standing.verdicts(name, flags.index(0))[name] is False


def test_gs_are_objects_of_the_heap(standing: Standing) -> None:
    layout, size = standing.layout("runtime.moduledata"), standing.layout("runtime.g").size
    offsets = {name: layout.offset(name) for name in FIELDS}
    first = standing.address("runtime.firstmoduledata")
    functions = SymbolTable(standing.memory, AMD64, first, offsets)
    reader: Any = standing
    heap = Heap(reader, functions)
    allgs, count = (standing.word(standing.address("runtime.allgs") + at) for at in (0, 8))
    assert count > 10
    for index in range(count):
        g = standing.word(allgs + 8 * index)  # made by new(g) in malg
        found = heap.object(g + size - 1)
        assert found is not None
        assert (found.start, found.manual) == (g, False)
        assert size <= found.size < 1.2 * size  # a size class
    assert heap.object(standing.address("runtime.allgs")) is None


@pytest.mark.parametrize("flags", [(), ("-buildmode=pie",)], ids=["static", "pie"])
def test_boot_is_walked(
    gdb: Gdb, builds: Builds, go: Go, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    program = builds.fixture("boot", go, ("-gcflags", "-N -l", "-ldflags=-s -w", *flags))
    report = tmp_path / "walk.json"
    commands = execute([f"go-boot --json --out {report}", "kill"])
    gdb_log.run([*quiet(gdb.path), "-x", str(paths.gdbinit()), *commands, str(program)])
    walk = json.loads(report.read_text())
    claims = [claim for stage in walk["stages"] for claim in stage["claims"]]
    assert [claim["text"] for claim in claims if not claim["holds"]] == []
    assert len(claims) > 100
    assert walk["summary"]["complete"]
