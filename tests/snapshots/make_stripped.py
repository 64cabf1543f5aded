"""Record stripped-*.xz: a program without a symbol table in its core, for test_stripped_damage.py.

    python3 -m tests.snapshots.make_stripped GO...        (each GO a toolchain's go command)

For each toolchain: build stripped/ with -ldflags="-s -w", and let it leave a core that has its
program. Kept are the program, with zeros for the code of functions that gogdb does not look into,
and what gogdb reads of other memory.
"""

from __future__ import annotations

import lzma
import subprocess
import sys
import tempfile
from pathlib import Path

from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.core_process import AT_ENTRY, AT_PHDR, CoreContents, read_process
from gogdb.inferior.elf import PF_X, PT_LOAD, ElfFile
from gogdb.inferior.loaded_program import find_program
from gogdb.inferior.symbols import ElfSymbols
from gogdb.launch.tools import probe_go
from gogdb.runtime.stripped.table import RecoveredTable
from gogdb.runtime.stripped.ways import VARIABLES
from gogdb.runtime.symbols import find_function
from tests.support.core_target import CoreTarget, answers
from tests.support.elf_image import core
from tests.support.process import core_of, waiting_program

SOURCE = Path(__file__).with_name("stripped")
HERE = Path(__file__).parent
PAGE = 4096


class Recorder(CoreContents):
    """Keeps which bytes of a core are read."""

    def __init__(self, core: ElfFile) -> None:
        super().__init__(core)
        self.ranges: list[tuple[int, int]] = []

    def read(self, address: int, size: int) -> bytes:
        self.ranges.append((address, address + size))
        return super().read(address, size)


def main() -> None:
    for go in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as directory:
            record(Path(go).resolve(), Path(directory))


def record(path: Path, work: Path) -> None:
    go = probe_go(path)
    program = work / "program"
    flags = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(program))
    environment = go.environment() | {"CGO_ENABLED": "0"}
    subprocess.run([str(path), "build", *flags, "."], cwd=SOURCE, env=environment, check=True)
    with waiting_program(program, work, "crash", core=True) as (process, _):
        Path(f"/proc/{process.pid}/coredump_filter").write_text("0x37")
        file = ElfFile.open(str(core_of(path, process, work)), core=True)
    recorder = Recorder(file)
    answers(CoreTarget(recorder, read_process(file)))
    out = HERE / f"stripped-go{go.version}.xz"
    out.write_bytes(lzma.compress(kept(file, recorder), preset=9 | lzma.PRESET_EXTREME))
    print(f"{out}: {out.stat().st_size} bytes")


def kept(file: ElfFile, recorder: Recorder) -> bytes:
    """Return a core file with the program, and with what was read of the memory around it."""
    process, contents = read_process(file), CoreContents(file)
    program = find_program(contents, process.program_headers)
    assert program is not None
    memory: dict[int, bytes] = {}
    for segment in (s for s in program.segments if s.type == PT_LOAD):
        memory[segment.address] = contents.read(segment.address, segment.file_size)
        if segment.flags & PF_X:
            memory[segment.address] = only_known_code(program.file(""), memory[segment.address])
    areas = [(start, start + len(data)) for start, data in memory.items()]
    for start, end in merged(recorder.ranges):
        if not any(low <= start and end <= high for low, high in areas):
            memory[start] = contents.read(start, end - start)
    auxv = {AT_PHDR: process.program_headers, AT_ENTRY: process.entry}
    return core(dict(sorted(memory.items())), auxv=auxv)


def only_known_code(elf: ElfFile, data: bytes) -> bytes:
    """Return a segment of code with zeros for the functions that are not looked into."""
    elf.symbol_table, start = RecoveredTable(elf, AMD64), elf.loaded[0].address
    names = {way.function for ways in VARIABLES.values() for way in ways} | {"runtime.gogo"}
    code = bytearray(data[:PAGE].ljust(len(data), b"\0"))
    for function in filter(None, (find_function(ElfSymbols(elf, 0), name) for name in names)):
        at = function.address - start
        code[at : at + function.size] = data[at : at + function.size]
    return bytes(code)


def merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the ranges without overlaps, sorted."""
    areas: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if areas and start <= areas[-1][1]:
            areas[-1] = areas[-1][0], max(end, areas[-1][1])
        elif end > start:
            areas.append((start, end))
    return areas


if __name__ == "__main__":
    main()
