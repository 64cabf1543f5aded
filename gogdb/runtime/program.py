"""A Go program at a stop: its target, its scheduler, its functions, together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import Arch, Registers
from gogdb.inferior.protocol import Target
from gogdb.inferior.symbols import function
from gogdb.runtime.current_g import current_g, g_slot
from gogdb.runtime.model import G
from gogdb.runtime.moduledata import FIELDS
from gogdb.runtime.reader import RuntimeReader
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.symtab import SymbolTable
from gogdb.runtime.unwind import UnwindState, Unwound, unwind

__all__ = ["Program", "saved_state"]


class Program:
    """What stays the same from stop to stop is looked up once and kept here."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.reader = RuntimeReader(target)

    @property
    def arch(self) -> Arch:
        """The processor that the program is built for."""
        return self.target.arch

    def g_slot(self, registers: Registers) -> int:
        """Return the address of the TLS word that holds the thread's current g, 0 without one."""
        return g_slot(registers, self.target.binary.tls_offset)

    def current_g(self, registers: Registers) -> int:
        """Return the address of the g that a thread runs, 0 if there is none."""
        return current_g(self.target, registers, self.target.binary.tls_offset)

    @cached_property
    def goexit_return(self) -> int:
        """The return address into goexit that a new goroutine's stack begins with (newproc1).

        0 if the program has no such symbol.
        """
        goexit = function(self.target.symbols, "runtime.goexit")
        return goexit.address + self.arch.pc_quantum if goexit else 0

    @cached_property
    def symtab(self) -> SymbolTable:
        """The functions of the program. Raises `GogdbError` when it is no Go program."""
        layout = self.reader.layout("runtime.moduledata")
        offsets = {name: layout.offset(name) for name in FIELDS if layout.find(name)}
        first = self.reader.address("runtime.firstmoduledata")
        return SymbolTable(self.target, self.arch, first, offsets)

    def runtime_untouched(self) -> bool:
        """Whether no code of the runtime has run yet: g0 is nothing but zeros."""
        g0 = self.target.symbols.find("runtime.g0")
        try:
            return g0 is not None and not any(self.target.read(g0.address, g0.size))
        except Unreadable:
            return False

    def before_entry(self) -> bool:
        """Whether the process is still in the dynamic loader, on its way to the entry point.

        Nothing but bare variables may be read then: pointers are not relocated yet.
        """
        pc = self.target.registers().pc
        return self.runtime_untouched() and not self.target.symbols.section(pc)

    def read(self) -> Runtime:
        """The scheduler at this stop; its gs are read when they are asked for."""
        return self.reader.read(_FunctionNames(self))

    def function_name(self, pc: int) -> str:
        """The function that covers `pc`, "" for none."""
        function = self.symtab.function(pc)
        return function.name if function else ""

    def locate(self, pc: int) -> tuple[str, int, str, int]:
        """(function, bytes into it, file, line) of an instruction; "" and 0 where unknown.

        The ELF name, which tells `runtime.newproc.abi0` from `runtime.newproc`.
        """
        symbol = self.target.symbols.at(pc)
        file, line = self.symtab.line(pc) or ("", 0)
        if symbol is None:
            function = self.symtab.function(pc)
            return (function.name, pc - function.entry, file, line) if function else ("", 0, "", 0)
        return symbol.name, pc - symbol.address, file, line

    def unwind_thread(
        self, pc: int, sp: int, runtime: Runtime, limit: int = 64, exact: bool = True
    ) -> Unwound:
        """The frames of a thread that stands at `pc`, on the stack that `sp` is on.

        Not `exact`: a call has just returned, and the innermost frame is still at it.
        """
        owner = runtime.stack_owner(sp)
        if owner is None:
            return Unwound((), "sp is on no stack that the runtime knows")
        stack = owner.stack
        start = UnwindState(pc, sp, stack.lo, stack.hi, exact, owner.is_system)
        return self.unwind_from(start, limit)

    def unwind_from(self, start: UnwindState, limit: int) -> Unwound:
        """The frames from a place on a stack on, at most `limit`."""
        try:
            return unwind(self.target, self.arch, self.symtab, start, limit)
        except GogdbError as error:
            return Unwound((), error.message)


def saved_state(g: G) -> UnwindState:
    """What was saved when `g` left its stack; the scheduler clears it when it takes `g` up.

    Raises `GogdbError` when nothing is.
    """
    pc, sp = (g.syscallpc, g.syscallsp) if g.syscallsp else (g.sched.pc, g.sched.sp)
    if not sp or sp not in g.stack:
        raise GogdbError("no sp is saved in its gobuf")
    return UnwindState(pc, sp, g.stack.lo, g.stack.hi, False, g.is_system)


class _FunctionNames(Mapping[int, str]):
    """The names of functions by their pc, looked up when they are asked for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._names: dict[int, str] = {}

    def __getitem__(self, pc: int) -> str:
        name = self._names.get(pc)
        if name is None:
            name = self._names[pc] = self._program.function_name(pc) if pc else ""
        return name

    def __iter__(self) -> Iterator[int]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
