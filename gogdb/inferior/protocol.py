"""What a stopped program is, to someone who knows neither Go nor GDB.

`Target` answers questions about one stop; `Debugger` makes the program run from
one stop to the next. Both are implemented over GDB in `host/` and over recorded
answers in `snapshot.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gogdb.inferior.arch import Arch, Registers
from gogdb.inferior.layout import Layouts
from gogdb.inferior.memory import Memory

__all__ = [
    "Binary",
    "Debugger",
    "Instruction",
    "Resumed",
    "Stop",
    "Symbol",
    "Symbols",
    "Target",
    "Thread",
]


@dataclass(frozen=True, slots=True)
class Symbol:
    """An ELF symbol where it lies in the running program; `size` in bytes, 0 if unknown."""

    name: str
    address: int
    size: int


class Symbols(Protocol):
    """Where symbols come from: the ELF symbol table."""

    def find(self, name: str) -> Symbol | None:
        """The symbol of exactly this name."""

    def at(self, address: int) -> Symbol | None:
        """The symbol that `address` lies in."""

    def section(self, address: int) -> str:
        """The name of the file's section that `address` lies in, "" for none."""


@dataclass(frozen=True)
class Binary:
    """What the program's file says of itself; addresses as the file has them."""

    path: str
    entry: int
    pie: bool
    go_version: str
    tls_offset: int | None  # bytes from the thread pointer to the word that holds the current g
    has_debug_info: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of the program: GDB's number and the kernel's id."""

    number: int
    lwp: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: where, how many bytes, how the debugger writes it."""

    address: int
    size: int
    text: str


class Target(Memory, Protocol):
    """One stop of one program."""

    arch: Arch
    binary: Binary
    layouts: Layouts
    symbols: Symbols
    slide: int  # bytes between the file's addresses and the program's

    def bulk(self) -> Memory:
        """This memory for whoever reads very much of it at this stop, by the quickest way."""

    def registers(self, thread: Thread | None = None) -> Registers:
        """Return the registers of a thread, by default of the selected one."""

    def threads(self) -> Sequence[Thread]: ...

    def selected_thread(self) -> Thread | None: ...

    def cpu_count(self) -> int | None:
        """How many CPUs the OS lets the process run on; None when it cannot be asked."""

    def signals_caught(self) -> int | None:
        """The signals that the process has handlers for, bit n-1 for signal n.

        None when the OS cannot be asked.
        """

    def monotonic(self) -> int | None:
        """CLOCK_MONOTONIC as the process has it, ns; None when it cannot be asked."""

    def instructions(self, start: int, end: int) -> Sequence[Instruction]:
        """The code from `start` up to `end`, as the user's debugger writes it."""

    def source(self, file: str, pc: int, first: int, last: int) -> Sequence[str] | None:
        """Lines `first` to `last` of the source file that `pc` was compiled from.

        Fewer at the file's end; None when the file is not on this machine.
        """


@dataclass(frozen=True)
class Stop:
    """An address to stop at, and whether an arrival there is the one that is meant."""

    address: int
    wanted: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Resumed:
    """How the program came to rest again."""

    how: Literal["arrived", "exited", "interrupted", "elsewhere"]
    address: int = 0  # the stop it arrived at
    detail: str = ""  # an exit code, a signal's name


class Debugger(Protocol):
    """Run control that leaves no trace: what it arms is gone after `disarm`."""

    def alive(self) -> bool: ...

    def start(self) -> None:
        """Run the program anew up to its entry point. Raises `GogdbError` if it cannot."""

    def arm(self, stops: Sequence[Stop]) -> None:
        """Make the program stop at these addresses from now on."""

    def resume(self) -> Resumed:
        """Let the program run until an armed stop, its end, or an interruption."""

    def drop(self, address: int) -> None:
        """Stop at this armed address no more."""

    def disarm(self) -> None:
        """Remove everything that `arm` put in place."""
