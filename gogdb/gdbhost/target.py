"""A stopped program as GDB sees it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence

import gdb

from gogdb.errors import GogdbError, Unreadable
from gogdb.gdbhost.gdb_text import ask, path
from gogdb.inferior import fast_memory
from gogdb.inferior.arch import Registers, of_elf
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.layout import Layouts
from gogdb.inferior.memory import Memory
from gogdb.inferior.protocol import Binary, Instruction, Symbols, Thread
from gogdb.inferior.symbols import ElfSymbols, binary

__all__ = ["GdbMemory", "GdbTarget", "alive", "is_core", "program_path", "slide_of"]

WORD = 0xFFFF_FFFF_FFFF_FFFF
_REGISTER = re.compile(r"^\s*(\w+)\s.*\s(0x[0-9a-f]+)\s*$", re.M)  # a name … its raw value
MAX_READ = 1 << 30  # bytes: GDB 13 aborts when asked for a terabyte


class GdbMemory:
    """`Memory` of the selected inferior."""

    def read(self, address: int, size: int) -> bytes:
        if not (0 <= address <= WORD and 0 <= size <= MAX_READ):
            raise Unreadable(address & WORD, size)
        if size == 0:
            return b""
        try:
            return bytes(gdb.selected_inferior().read_memory(address, size))
        except (gdb.error, OverflowError, MemoryError) as error:
            raise Unreadable(address, size) from error


class GdbTarget(GdbMemory):
    """`Target` over GDB's Python API: the selected inferior, never changed."""

    def __init__(self, elf: ElfFile, slide: int, layouts: Layouts) -> None:
        self.arch = of_elf(elf)
        self.binary: Binary = binary(elf, self.arch)
        self.layouts = layouts
        self.slide = slide
        self.symbols: Symbols = ElfSymbols(elf, slide)
        data = elf.section(".data")
        self._variables = data.address + slide if data else 0

    def bulk(self) -> Memory:
        # In the past of a recording neither the process nor the core is what it was.
        if gdb.current_recording() is not None:
            return self
        if is_core():
            return self._core() or self
        inferior = gdb.selected_inferior()
        return fast_memory.ProcessMemory(inferior.pid, self) if _is_native(inferior) else self

    def _core(self) -> Memory | None:
        try:
            self.read(self._variables, 1)  # at its prompt GDB closes files: now it opens this one
        except Unreadable:
            return None
        return fast_memory.core_memory(self)

    def registers(self, thread: Thread | None = None) -> Registers:
        """Return the thread's own registers, whatever frame is selected.

        Not by `gdb.Frame`: making one unwinds to its caller, whose debug information GDB must
        read for that, and selecting the user's frame again takes another.
        """
        command, selected = "maint print raw-registers", self.selected_thread()
        if thread and thread != selected:
            command = f"thread apply {thread.number} -q {command}"
        try:
            found = dict(_REGISTER.findall(gdb.execute(command, to_string=True)))
        except gdb.error as error:  # the thread is gone: its process ends at this moment
            raise GogdbError(f"GDB does not tell the registers: {error}") from None
        names = self.arch.registers
        if missing := [name for name in names if name not in found]:
            raise GogdbError(f"GDB does not tell the registers {', '.join(missing)}")
        return Registers(self.arch, {name: int(found[name], 16) for name in names})

    def threads(self) -> Sequence[Thread]:
        found = [_thread(t) for t in gdb.selected_inferior().threads() if t.is_valid()]
        return sorted(found, key=lambda thread: thread.number)

    def selected_thread(self) -> Thread | None:
        selected = gdb.selected_thread()
        return _thread(selected) if selected else None

    def cpu_count(self) -> int | None:
        allowed = _mask("Cpus_allowed")
        return None if allowed is None else allowed.bit_count()

    def signals_caught(self) -> int | None:
        return _mask("SigCgt")

    def monotonic(self) -> int | None:
        inferior = gdb.selected_inferior()
        if not _is_native(inferior) or not _our_time(inferior.pid):
            return None
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)

    def instructions(self, start: int, end: int) -> Sequence[Instruction]:
        if end <= start:
            return ()
        try:
            found = gdb.selected_inferior().architecture().disassemble(start, end - 1)
        except gdb.error:
            return ()
        return tuple(Instruction(i["addr"], i["length"], str(i["asm"])) for i in found)

    def source(self, file: str, pc: int, first: int, last: int) -> Sequence[str] | None:
        lines = _lines(file)
        if lines is None:  # GDB knows `set substitute-path` and `directory`
            table = gdb.find_pc_line(pc).symtab
            known = path(table.fullname) if table else None
            lines = _lines(known) if known else None
        return None if lines is None else lines[first - 1 : last]


def _mask(field: str) -> int | None:
    """A mask of /proc/PID/status.

    GDB asks the side that the program runs on: true over gdbserver too.
    """
    try:
        status = ask("info proc status")
    except gdb.error:
        return None
    mask = re.search(rf"^{field}:\s*([0-9a-fA-F,]+)", status, re.M)
    return int(mask[1].replace(",", ""), 16) if mask else None


def _our_time(pid: int) -> bool:
    """Whether a process of this machine counts time as we do: a time namespace may shift it."""
    try:
        return os.readlink(f"/proc/{pid}/ns/time") == os.readlink("/proc/self/ns/time")
    except OSError:  # no such namespaces before Linux 5.6
        return not os.path.exists("/proc/self/ns/time")


def _lines(file: str) -> list[str] | None:
    # A program says where its source is: nobody waits for a pipe, or reads /dev/zero to its end.
    if not os.path.isfile(file):
        return None
    try:
        # lines as Go counts them: Python knows more ends of a line
        with open(file, encoding="utf-8", errors="replace", newline="\n") as source:
            return [line.rstrip("\r\n") for line in source]
    except OSError:
        return None


def _thread(thread: gdb.InferiorThread) -> Thread:
    pid, lwp, _ = thread.ptid
    return Thread(thread.num, lwp or pid)


def alive() -> bool:
    """Whether there is a process (or a core) behind the selected inferior."""
    try:
        return gdb.selected_inferior().pid != 0 and gdb.selected_thread() is not None
    except SystemError:  # GDB 13 has lost the thread of a program that exited at once
        return False


def is_core() -> bool:
    return _connection(gdb.selected_inferior()) == "core"


def _is_native(inferior: gdb.Inferior) -> bool:
    """Whether it is a process of this machine that GDB itself controls."""
    return _connection(inferior) == "native"


def _connection(inferior: gdb.Inferior) -> str:
    connection = getattr(inferior, "connection", None)
    return connection.type if connection else ""


def program_path() -> str:
    """The program's file. Raises `GogdbError` when GDB has none."""
    space = gdb.current_progspace()
    file = path(lambda: space.filename) if space else None
    if not file:
        raise GogdbError("no program", "name one with `file PROGRAM`, or start `gogdb PROGRAM`")
    return file.removeprefix("target:")


def slide_of(elf: ElfFile) -> int:
    """Bytes between the file's addresses and the process's; 0 before it runs."""
    if not elf.is_pie or not alive():
        return 0
    try:
        auxv = ask("info auxv")
    except gdb.error:
        return 0
    entry = re.search(r"AT_ENTRY\b.*?(0x[0-9a-f]+)\s*$", auxv, re.M)
    return int(entry[1], 16) - elf.entry if entry else 0
