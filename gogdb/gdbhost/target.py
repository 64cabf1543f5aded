"""`Target` and `Memory` over GDB's Python API: the stopped program as GDB sees it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence

import gdb

from gogdb.errors import GogdbError, Unreadable
from gogdb.gdbhost import process
from gogdb.gdbhost.gdb_text import execute, read_path
from gogdb.inferior import fast_memory
from gogdb.inferior.arch import Registers, of_elf
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.layout import Layouts
from gogdb.inferior.memory import WORD_MASK, Memory
from gogdb.inferior.protocol import Binary, Instruction, Symbols, Thread
from gogdb.inferior.symbols import ElfSymbols, binary

__all__ = ["GdbMemory", "GdbTarget", "alive", "is_core", "program_path", "slide_of"]

_REGISTER = re.compile(r"^\s*(\w+)\s.*\s(0x[0-9a-f]+)\s*$", re.M)  # name … raw value
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
            data = bytes(inferior.read_memory(address, size))
        except (gdb.error, OverflowError, MemoryError) as error:
            process.check(error)
            raise Unreadable(address, size) from error
        if not process.is_same(inferior):
            process.check("GDB has no process any more")
        return data


class GdbTarget(GdbMemory):
    """The selected inferior at one stop; it is only read."""

    def __init__(self, elf: ElfFile, slide: int, layouts: Layouts) -> None:
        self.arch = of_elf(elf)
        self.binary: Binary = binary(elf, self.arch)
        self.layouts = layouts
        self.slide = slide
        self.symbols: Symbols = ElfSymbols(elf, slide)
        data = elf.section(".data")
        self._data = data.address + slide if data else 0

    def bulk(self) -> Memory:
        # While GDB replays a recording, the process and the core file hold what came later.
        if gdb.current_recording() is not None:
            return self
        if is_core():
            return self._core() or self
        inferior = gdb.selected_inferior()
        return fast_memory.ProcessMemory(inferior.pid, self) if _is_native(inferior) else self

    def _core(self) -> Memory | None:
        try:
            # GDB closes its files when it shows its prompt, and opens the core for this read.
            self.read(self._data, 1)
        except Unreadable:
            return None
        return fast_memory.core_memory(self)

    def registers(self, thread: Thread | None = None) -> Registers:
        """Return the thread's own registers, whichever frame is selected.

        `gdb.Frame` is not used: creating one unwinds to the caller, for which GDB reads more debug
        information, and would change the frame that the user has selected.

        Raises `GogdbError`.
        """
        command, selected = "maint print raw-registers", self.selected_thread()
        if thread and thread != selected:
            command = f"thread apply {thread.number} -q {command}"
        try:
            values = dict(_REGISTER.findall(gdb.execute(command, to_string=True)))
        except gdb.error as error:  # for instance, the process is ending and the thread is gone
            process.check(error)
            raise GogdbError(f"cannot read the registers: {error}") from None
        names = self.arch.registers
        if missing := [name for name in names if name not in values]:
            raise GogdbError(f"GDB does not show the registers {', '.join(missing)}")
        return Registers(self.arch, {name: int(values[name], 16) for name in names})

    def registers_of(self, threads: Sequence[Thread]) -> Mapping[Thread, Registers]:
        # `maint print` writes all registers, 20 KB for a thread; this writes those of `arch` only.
        # It evaluates them in the selected frame, which is the innermost one of every thread but
        # perhaps the selected one.
        selected = self.selected_thread()
        numbered = {thread.number: thread for thread in threads if thread != selected}
        if not numbered:
            return {}
        names = self.arch.registers
        form, values = "%d" + " %lx" * len(names), "".join(f", ${name}" for name in names)
        numbers = " ".join(map(str, numbered))
        printed = execute(f'thread apply {numbers} -q -s printf "{form}\\n", $_thread{values}')
        rows = (line.split() for line in printed.splitlines())
        return {
            numbered[int(number)]: Registers(
                self.arch, {name: int(word, 16) for name, word in zip(names, words, strict=True)}
            )
            for number, *words in rows
        }

    def threads(self) -> Sequence[Thread]:
        threads = [_thread(t) for t in gdb.selected_inferior().threads() if t.is_valid()]
        return sorted(threads, key=lambda thread: thread.number)

    def selected_thread(self) -> Thread | None:
        selected = gdb.selected_thread()
        return _thread(selected) if selected else None

    def cpu_count(self) -> int | None:
        allowed = _status_mask("Cpus_allowed")
        return None if allowed is None else allowed.bit_count()

    def signals_caught(self) -> int | None:
        return _status_mask("SigCgt")

    def monotonic(self) -> int | None:
        inferior = gdb.selected_inferior()
        if not _is_native(inferior) or not _shares_our_clock(inferior.pid):
            return None
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)

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


def _thread(thread: gdb.InferiorThread) -> Thread:
    pid, lwp, _ = thread.ptid
    return Thread(thread.num, lwp or pid)


def alive() -> bool:
    """Report whether the selected inferior has a process or a core file."""
    try:
        return gdb.selected_inferior().pid != 0 and gdb.selected_thread() is not None
    except SystemError:  # GDB 13: the program exited at once and its thread is gone
        return False


def is_core() -> bool:
    """Report whether the selected inferior is a core file."""
    return process.connection(gdb.selected_inferior()) == "core"


def _is_native(inferior: gdb.Inferior) -> bool:
    """Report whether the inferior is a process on this machine that GDB itself controls."""
    return process.connection(inferior) == "native"


def program_path() -> str:
    """Return the path of the program's file. Raises `GogdbError` if GDB has none."""
    space = gdb.current_progspace()
    file = read_path(lambda: space.filename) if space else None
    if not file:
        raise GogdbError("no program", "name one with `file PROGRAM`, or start `gogdb PROGRAM`")
    return file.removeprefix("target:")


def slide_of(elf: ElfFile) -> int:
    """Return how many bytes above the addresses in its file a program is loaded, 0 before `run`."""
    if not elf.is_pie or not alive():
        return 0
    try:
        auxv = execute("info auxv")
    except gdb.error as error:
        process.check(error)
        return 0
    entry = re.search(r"AT_ENTRY\b.*?(0x[0-9a-f]+)\s*$", auxv, re.M)
    return int(entry[1], 16) - elf.entry if entry else 0
