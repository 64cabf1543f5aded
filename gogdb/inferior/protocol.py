"""A program under a debugger, independent of Go and of GDB.

`Target` reads the program at one stop; `Debugger` makes it run to the next. `gdbhost` implements
both with GDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from gogdb.inferior.arch import Arch, Registers
from gogdb.inferior.layout import Layouts
from gogdb.inferior.memory import Memory

__all__ = [
    "Binary",
    "CodePlace",
    "Debugger",
    "GoFile",
    "Instruction",
    "Moment",
    "Resumed",
    "Stop",
    "Symbol",
    "Symbols",
    "Target",
    "Thread",
]


class Symbol(NamedTuple):
    """A function or variable of the running program; `size` in bytes, 0 if unknown."""

    name: str
    address: int
    size: int


class Symbols(Protocol):
    """The source of symbols: the symbol table of the program's file, or what stands in for it."""

    def find(self, name: str) -> Symbol | None:
        """Return the symbol with exactly this name, None if there is none."""

    def at(self, address: int) -> Symbol | None:
        """Return the symbol that contains `address`, None if there is none."""

    def section(self, address: int) -> str:
        """Return the name of the section in the program's file that `address` is in, or ""."""


class GoFile(NamedTuple):
    """Another file with Go code in the process, whose code is at [`start`, `end`).

    It is a part of this program, such as a plugin, or has a runtime of its own.
    """

    path: str
    start: int
    end: int


class Binary(NamedTuple):
    """Facts about a program that its file holds."""

    path: str
    entry: int  # address in the file, without the slide
    pie: bool
    go_version: str  # "go1.27.3"; "" if the file does not say
    tls_offset: int | None  # bytes from the thread pointer to the word that holds the current g
    has_debug_info: bool
    mismatch: str = ""  # how the file differs from the program in memory, if it does
    other_files: Sequence[GoFile] = ()
    modules: tuple[str, ...] = ()  # paths of the main package and of the modules built into it


class Thread(NamedTuple):
    """A thread: its number in GDB, its id in the kernel, and whether it runs at this moment."""

    number: int
    lwp: int
    running: bool = False


class Instruction(NamedTuple):
    """One instruction in a disassembly."""

    address: int
    size: int  # bytes
    text: str  # in the user's assembly syntax


class CodePlace(NamedTuple):
    """A place in code: function, offset into it in bytes, file and line; "" and 0 if unknown."""

    function: str = ""
    offset: int = 0
    file: str = ""
    line: int = 0


class Target(Memory, Protocol):
    """A program at one stop."""

    arch: Arch
    binary: Binary
    layouts: Layouts
    symbols: Symbols
    slide: int  # bytes that the program is loaded above the addresses in its file

    def problems(self) -> Sequence[str]:
        """Return why much of the memory may be missing: a core file that is cut short."""

    def bulk(self) -> Memory:
        """Return the fastest way to read much memory at this stop."""

    def registers(self, thread: Thread | None = None) -> Registers:
        """Return the registers of a thread, by default the selected one. Raises `GogdbError`."""

    def registers_of(self, threads: Sequence[Thread]) -> Mapping[Thread, Registers]:
        """Return the registers of many threads; those that cannot be read are left out."""

    def threads(self) -> Sequence[Thread]: ...

    def thread_ids(self, threads: Sequence[Thread]) -> Mapping[int, int]:
        """Return the threads' ids in the program's own pid namespace, by LWP.

        Empty if the OS cannot be asked, as for a core file.
        """

    def selected_thread(self) -> Thread | None: ...

    def siginfo(self) -> bytes:
        """Return the siginfo_t of the signal at which the selected thread of a process stands.

        b"" if it is not known, and for a core file.
        """

    def cpu_count(self) -> int | None:
        """Return the number of CPUs that the process may run on, None if the OS cannot be asked."""

    def signals_caught(self) -> int | None:
        """Return the mask of signals that the process handles: bit n-1 for signal n.

        None if the OS cannot be asked.
        """

    def monotonic(self) -> int | None:
        """Return the process's CLOCK_MONOTONIC in ns, None if it cannot be read."""

    def code_at(self, pc: int) -> CodePlace:
        """Return what the debugger knows of an instruction in C code; all empty if nothing."""

    def instructions(self, start: int, end: int) -> Sequence[Instruction]:
        """Disassemble the code in [`start`, `end`)."""

    def source(self, file: str, pc: int, first: int, last: int) -> Sequence[str] | None:
        """Return lines `first` to `last` of `file`, which `pc` was compiled from.

        Fewer at the file's end; None if the file is not on this machine or cannot be opened.
        """


class Stop(NamedTuple):
    """An address to stop at, and a condition that an arrival there must meet."""

    address: int
    condition: Callable[[], bool] | None = None


class Resumed(NamedTuple):
    """Why a resumed program stopped."""

    how: Literal["arrived", "exited", "interrupted", "elsewhere"]
    address: int = 0  # of the `Stop` at which it arrived
    detail: str = ""  # exit code, program executed instead, or the name of a signal


class Moment(NamedTuple):
    """A place in the debugger's recording of the program.

    `instruction` numbers the instruction that was recorded last before it, and `newest` the last
    one of the recording. With `is_past`, the debugger has gone back and replays what it recorded.
    """

    instruction: int
    newest: int
    is_past: bool


class Debugger(Protocol):
    """Makes a program run from stop to stop."""

    def alive(self) -> bool: ...

    def moment(self) -> Moment | None:
        """Return where in its recording the program stands, None if it is not recorded."""

    def start(self) -> None:
        """Restart the program and stop at its entry point. Raises `GogdbError` if that fails."""

    def arm(self, stops: Sequence[Stop]) -> None:
        """Make the program stop at these addresses."""

    def resume(self) -> Resumed:
        """Run to an armed stop, to the program's exit, or until something else stops it."""

    def drop(self, address: int) -> None:
        """Stop at this armed address no longer."""

    def disarm(self) -> None:
        """Remove all stops that `arm` has made."""
