"""A stripped program that left a core, read without a debugger: no threads and no registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gogdb.inferior.arch import Arch, Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.core_process import CoreContents, CoreProcess
from gogdb.inferior.layout import Layouts
from gogdb.inferior.loaded_program import find_program
from gogdb.inferior.protocol import CodePlace, Instruction, Symbols, Thread
from gogdb.inferior.symbols import ElfSymbols, binary
from gogdb.runtime.program import Program
from gogdb.runtime.stripped.table import RecoveredTable
from gogdb.runtime.symbols import RuntimeSymbols
from gogdb.runtime.typedesc import DescriptorLayouts
from tests.support.factories import same_ids
from tests.support.json_of import json_of_gmp, json_of_stacks

__all__ = ["CoreTarget", "answers"]


class CoreTarget:
    """A Go program in a core file that has all of it."""

    arch: Arch = AMD64
    slide = 0

    def __init__(self, memory: CoreContents, process: CoreProcess) -> None:
        """Find the program. Raises `GogdbError` if its tables are damaged."""
        self.memory, self.reads = memory, 0
        program = find_program(memory, process.program_headers)
        assert program is not None
        elf = program.file("program")
        table = RecoveredTable(elf, AMD64)
        elf.symbol_table = table
        table.check(self, 0)
        self.symbols: Symbols = ElfSymbols(elf, 0)
        symbols = RuntimeSymbols(self.symbols)
        bounds = symbols.address("runtime.types"), symbols.address("runtime.etypes")
        self.layouts: Layouts = DescriptorLayouts(self, *bounds)
        self.binary = binary(elf, AMD64)

    def read(self, address: int, size: int) -> bytes:
        self.reads += 1
        return self.memory.read(address, size)

    def bulk(self) -> CoreTarget:
        return self

    def problems(self) -> Sequence[str]:
        return ()

    def registers(self, thread: Thread | None = None) -> Registers:
        raise AssertionError("there is no thread")

    def registers_of(self, threads: Sequence[Thread]) -> Mapping[Thread, Registers]:
        return {}

    def threads(self) -> Sequence[Thread]:
        return ()

    def thread_ids(self, threads: Sequence[Thread]) -> Mapping[int, int]:
        return same_ids(threads)

    def selected_thread(self) -> Thread | None:
        return None

    def siginfo(self) -> bytes:
        return b""

    def cpu_count(self) -> int | None:
        return None

    def signals_caught(self) -> int | None:
        return None

    def monotonic(self) -> int | None:
        return None

    def code_at(self, pc: int) -> CodePlace:
        return CodePlace()

    def instructions(self, start: int, end: int) -> Sequence[Instruction]:
        return ()

    def source(self, file: str, pc: int, first: int, last: int) -> Sequence[str] | None:
        return None


def answers(target: CoreTarget) -> tuple[Any, Any]:
    """Return the JSON of go-gmp, and that of go-stacks --all --system."""
    program = Program(target)
    runtime = program.read(unwinds=True)
    return json_of_gmp(program, runtime), json_of_stacks(program, runtime)
