"""`Target` and `Memory` over GDB's Python API: the stopped program as GDB sees it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence

import gdb

from gogdb.errors import GogdbError, Unreadable
from gogdb.gdbhost import core_file, process, remote_memory
from gogdb.gdbhost.gdb_text import execute, read_path
from gogdb.gdbhost.pid_namespace import ids_in_program
from gogdb.gdbhost.siginfo import siginfo
from gogdb.gdbhost.threads import read_registers, read_registers_of, selected_thread, threads
from gogdb.inferior import fast_memory
from gogdb.inferior.arch import Arch, Registers, of_elf
from gogdb.inferior.elf import PF_W, ElfFile
from gogdb.inferior.layout import Layouts
from gogdb.inferior.memory import WORD_MASK, Memory
from gogdb.inferior.protocol import Binary, CodePlace, GoFile, Instruction, Symbols, Thread
from gogdb.inferior.symbols import ElfSymbols, binary

__all__ = [
    "GdbMemory",
    "GdbTarget",
    "alive",
    "check_architecture",
    "entry_point",
    "is_core",
    "slide_of",
]

# "abort in section .text", "raise + 203 in section .text of /lib/x86_64-linux-gnu/libc.so.6"
_SYMBOL = re.compile(r"(?P<name>.+?)(?: \+ (?P<offset>\d+))? in section ")
_MAX_READ = 1 << 30  # bytes; GDB 13 aborts when it is asked for a terabyte


class GdbMemory:
    """The memory of the selected inferior. Raises `TargetLostError` if the process is gone."""

    def read(self, address: int, size: int) -> bytes:
        if not (0 <= address <= WORD_MASK and 0 <= size <= _MAX_READ):
            raise Unreadable(address & WORD_MASK, size)
        if size == 0:
            return b""
        inferior = gdb.selected_inferior()
        try:
            data = _read(inferior, address, size)
        except (gdb.error, OverflowError, MemoryError) as error:
            process.check(error)
            raise Unreadable(address, size) from error
        if not process.is_same(inferior):
            process.check("GDB has no process any more")
        return data


def _read(inferior: gdb.Inferior, address: int, size: int) -> bytes:
    if remote_memory.READS_VALUES and process.is_remote():
        return remote_memory.read(address, size)
    return bytes(inferior.read_memory(address, size))


class GdbTarget(GdbMemory):
    """The selected inferior at one stop; it is only read."""

    def __init__(
        self,
        elf: ElfFile,
        slide: int,
        layouts: Layouts,
        *,
        is_library: bool,
        has_debug_info: bool,
        mismatch: str,
        other_files: Sequence[GoFile],
    ) -> None:
        self.arch = of_elf(elf)
        self.binary: Binary = binary(elf, self.arch)._replace(
            has_debug_info=has_debug_info, mismatch=mismatch, other_files=other_files
        )
        if is_library:
            tls_offset = _library_tls_offset(elf, slide, self.arch)
            self.binary = self.binary._replace(tls_offset=tls_offset)
        self.layouts = layouts
        self.slide = slide
        self.symbols: Symbols = ElfSymbols(elf, slide)
        data = elf.section(".data") or next((s for s in elf.loaded if s.flags & PF_W), None)
        self._data = data.address + slide if data else 0

    def read(self, address: int, size: int) -> bytes:
        core = core_file.current()
        if core and core.lacks(address, size):
            raise Unreadable(address, size)
        return super().read(address, size)

    def problems(self) -> Sequence[str]:
        core = core_file.current()
        return [*core.problems()] if core else ()

    def bulk(self) -> Memory:
        # While GDB replays a recording, the process and the core file hold what came later.
        if gdb.current_recording() is not None:
            return self
        if is_core():
            return self._core() or self
        pid = gdb.selected_inferior().pid
        return fast_memory.ProcessMemory(pid, self) if process.is_native() else self

    def _core(self) -> Memory | None:
        try:
            # GDB closes its files when it shows its prompt, and opens the core for this read.
            self.read(self._data, 1)
        except Unreadable:
            return None
        return fast_memory.core_memory(self)

    def registers(self, thread: Thread | None = None) -> Registers:
        return read_registers(self.arch, thread)

    def registers_of(self, some: Sequence[Thread]) -> Mapping[Thread, Registers]:
        return read_registers_of(self.arch, some)

    def threads(self) -> Sequence[Thread]:
        return threads()

    def thread_ids(self, some: Sequence[Thread]) -> Mapping[int, int]:
        return ids_in_program(some)

    def selected_thread(self) -> Thread | None:
        return selected_thread()

    def siginfo(self) -> bytes:
        return b"" if is_core() else siginfo()

    def cpu_count(self) -> int | None:
        allowed = _status_mask("Cpus_allowed")
        return None if allowed is None else allowed.bit_count()

    def signals_caught(self) -> int | None:
        return _status_mask("SigCgt")

    def monotonic(self) -> int | None:
        if not process.is_native() or not _shares_our_clock(gdb.selected_inferior().pid):
            return None
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)

    def code_at(self, pc: int) -> CodePlace:
        try:
            symbol = _SYMBOL.match(execute(f"info symbol {pc:#x}"))
            line, inlined = gdb.find_pc_line(pc), _function_at(pc)
        except gdb.error as error:
            process.check(error)
            return CodePlace()
        if symbol is None:
            return CodePlace()
        file = read_path(lambda: line.symtab.filename) if line.symtab else None
        name = inlined or symbol["name"]
        offset = int(symbol["offset"] or 0) if name == symbol["name"] else 0
        return CodePlace(name, offset, file or "", line.line if file else 0)

    def instructions(self, start: int, end: int) -> Sequence[Instruction]:
        if end <= start:
            return ()
        try:
            listing = gdb.selected_inferior().architecture().disassemble(start, end - 1)
        except gdb.error as error:
            process.check(error)
            return ()
        return tuple(Instruction(i["addr"], i["length"], str(i["asm"])) for i in listing)

    def source(self, file: str, pc: int, first: int, last: int) -> Sequence[str] | None:
        from gogdb.files.source import read_lines  # takes time to import, and JSON does without

        lines = read_lines(file, first, last)
        if lines is None:  # try the path after GDB's `set substitute-path` and `directory`
            table = gdb.find_pc_line(pc).symtab
            full_name = read_path(table.fullname) if table else None
            lines = read_lines(full_name, first, last) if full_name else None
        return lines


def _function_at(pc: int) -> str:
    """Return the innermost function at `pc`, which may be inlined; "" without debug information."""
    try:
        block = gdb.block_for_pc(pc)
    except RuntimeError:  # no object file contains this pc
        return ""
    while block is not None and block.function is None:
        block = block.superblock
    return str(block.function) if block is not None else ""


def _status_mask(field: str) -> int | None:
    """Return a bit mask of /proc/PID/status, or None if it cannot be read.

    GDB reads the file on the machine that the program runs on, also through gdbserver.
    """
    try:
        status = execute("info proc status")
    except gdb.error as error:
        process.check(error)
        return None
    mask = re.search(rf"^{field}:\s*([0-9a-fA-F,]+)", status, re.M)
    return int(mask[1].replace(",", ""), 16) if mask else None


def _shares_our_clock(pid: int) -> bool:
    """Report whether a process on this machine has our CLOCK_MONOTONIC (time_namespaces(7))."""
    try:
        return os.readlink(f"/proc/{pid}/ns/time") == os.readlink("/proc/self/ns/time")
    except OSError:  # Linux before 5.6 has no time namespaces
        return not os.path.exists("/proc/self/ns/time")


def _library_tls_offset(elf: ElfFile, slide: int, arch: Arch) -> int | None:
    """Return `Binary.tls_offset` for a shared library, which the dynamic loader has chosen."""
    variable = elf.tls_symbol("runtime.tlsg")
    slot = None if variable is None else elf.local_tls_slot(variable, arch.tls_relocation)
    if slot is None:
        return arch.tls_offset(elf)
    try:
        return int.from_bytes(GdbMemory().read(slot + slide, 8), "little", signed=True)
    except Unreadable:
        return None


def alive() -> bool:
    """Report whether the selected inferior has a process or a core file."""
    inferior = gdb.selected_inferior()
    if inferior.pid == 0:
        return False
    # The selected thread may have ended; in GDB 13 a program that exited at once has no thread.
    return process.selected_thread() is not None or bool(inferior.threads())


def check_architecture(arch: Arch) -> None:
    """Raise `GogdbError` if GDB decodes registers and types for another processor than `arch`."""
    name = str(gdb.selected_inferior().architecture().name())
    if not f"{name}:".startswith(f"{arch.gdb_name}:"):
        raise GogdbError(
            f"GDB takes the program for {name}, but it is built for {arch.gdb_name}",
            "use `set architecture auto`",
        )
    if gdb.parameter("endian") == "big":
        raise GogdbError(
            f"GDB takes the program for big-endian, but {arch.name} is little-endian",
            "use `set endian auto`",
        )


def is_core() -> bool:
    """Report whether the selected inferior is a core file."""
    return process.connection(gdb.selected_inferior()) == "core"


def entry_point() -> int | None:
    """Return the address at which the kernel entered the program, None if it cannot be known."""
    if not alive():
        return None
    try:
        auxv = execute("info auxv")
    except gdb.error as error:
        process.check(error)
        return None
    entry = re.search(r"AT_ENTRY\b.*?(0x[0-9a-f]+)\s*$", auxv, re.M)
    return int(entry[1], 16) if entry else None


def slide_of(elf: ElfFile) -> int:
    """Return how many bytes above the addresses in its file a program is loaded, 0 before `run`."""
    entry = entry_point() if elf.is_pie else None
    return 0 if entry is None else entry - elf.entry
