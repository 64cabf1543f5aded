"""A stopped Go program: its memory, its scheduler and its functions together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import Arch, Registers
from gogdb.inferior.protocol import Target
from gogdb.runtime.current_g import current_g, g_slot
from gogdb.runtime.model import G
from gogdb.runtime.problems import Problem
from gogdb.runtime.reader import RuntimeReader
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.scheduler_reader import read_scheduler
from gogdb.runtime.standard_library import StandardLibrary
from gogdb.runtime.symtab import SymbolTable
from gogdb.runtime.unwind import UnwindState, Unwound, unwind

__all__ = ["Program", "saved_state", "state_on_stack"]


class Program:
    """A Go program. What stays the same from stop to stop is looked up once and kept."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.reader = RuntimeReader(target)

    @property
    def arch(self) -> Arch:
        """The processor that the program is built for."""
        return self.target.arch

    def g_slot(self, registers: Registers) -> int:
        """Return the address of the TLS slot, which holds the thread's current g; 0 if none."""
        return g_slot(registers.thread_pointer, self.target.binary.tls_offset)

    def current_g(self, registers: Registers) -> int:
        """Return the address of the g that a thread runs, which may be a g0; 0 if there is none."""
        return current_g(self.target, registers, self.target.binary.tls_offset)

    @cached_property
    def goexit_return(self) -> int:
        """The return address into goexit that a new goroutine's stack begins with (newproc1).

        0 if the program has no such symbol.
        """
        goexit = self.reader.symbols.function("runtime.goexit")
        return goexit.address + self.arch.pc_quantum if goexit else 0

    @cached_property
    def preempted_registers(self) -> Mapping[str, int]:
        """Where asyncPreempt saves registers (`Arch.preempted_registers`), {} if not known."""
        function = self.symtab.lookup("runtime.asyncPreempt")
        try:
            size = function.end - function.entry if function else 0
            code = self.target.read(function.entry, size) if function else b""
        except Unreadable:
            code = b""
        return self.arch.preempted_registers(code)

    @cached_property
    def symtab(self) -> SymbolTable:
        """The functions of the program: none if its tables cannot be read."""
        return SymbolTable.of_program(
            self.target, self.arch, self.reader.symbols, self.target.layouts
        )

    @cached_property
    def standard_library(self) -> StandardLibrary:
        """Tells functions of the standard library from others."""
        goexit = self.symtab.lookup("runtime.goexit")
        place = self.symtab.line(goexit.entry) if goexit else None
        return StandardLibrary(place[0] if place else "", self.target.binary.modules)

    def runtime_untouched(self) -> bool:
        """Report whether no code of the runtime has run yet: g0 is all zeros."""
        g0 = self.reader.symbols.variable("runtime.g0")
        try:
            return g0 is not None and not any(self.target.read(g0.address, g0.size))
        except Unreadable:
            return False

    def before_entry(self) -> bool:
        """Report whether the process is still in the dynamic loader.

        Pointers in the program's data are not relocated yet, and must not be followed.
        """
        if not self.runtime_untouched():  # whose thread may be running, so that its pc is not known
            return False
        return not self.target.symbols.section(self.target.registers().pc)

    def read(self, *, unwinds: bool = False) -> Runtime:
        """Read the scheduler at this stop; its goroutines are read when they are needed.

        With `unwinds`, its problems also say which functions will be missing from stacks.
        """
        if "symtab" in vars(self) and (self.symtab.is_empty or self.symtab.lacks_new_module()):
            del self.symtab  # it is made again when it is needed
            vars(self).pop("standard_library", None)
        problems = [Problem("core", why) for why in self.target.problems()]
        if unwinds:
            whys = (*self.symtab.problems, *self.symtab.damage)
            problems += [Problem("functions", why) for why in whys]
        return read_scheduler(self.reader, _FunctionNames(self), problems, self._other_runtimes())

    def _other_runtimes(self) -> list[str]:
        """Return a note on the other Go runtimes in the process, if there are any."""
        files = self.target.binary.other_files
        if not files or self.symtab.problems:
            return []
        paths = [f.path for f in files if not self.symtab.has_module_in(f.start, f.end)]
        if not paths:
            return []
        return [
            f"the process has {len(paths) + 1} Go runtimes, and this is the one in "
            f"{self.target.binary.path}; `set gogdb runtime PATH` shows another: {', '.join(paths)}"
        ]

    def later_notes(self, runtime: Runtime) -> list[str]:
        """Return what was found damaged in tables of functions after `runtime` was read."""
        damage = self.symtab.damage if "symtab" in vars(self) else ()
        return [note for note in damage if note not in runtime.notes]

    def function_name(self, pc: int) -> str:
        """Return the name of the function whose code contains `pc`, "" outside Go's code."""
        function = self.symtab.function(pc)
        return function.name if function else ""

    def locate(self, pc: int) -> tuple[str, int, str, int]:
        """Return (function, offset into it, file, line) of an instruction, "" and 0 if unknown.

        The function's name is that of the symbol, if there is one: it distinguishes
        `runtime.newproc.abi0` from `runtime.newproc`.
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
        """Unwind a thread that is at `pc` with `sp`, at most `limit` frames.

        `exact` is False if `pc` is a return address whose call has just returned.
        """
        owner = runtime.stack_owner(sp)
        if owner is None:
            return Unwound((), "sp is on no stack that the runtime knows")
        return self.unwind_from(state_on_stack(owner, pc, sp, exact=exact), limit)

    def unwind_from(self, start: UnwindState, limit: int) -> Unwound:
        """Unwind from `start`, at most `limit` frames. Raises nothing."""
        try:
            return unwind(self.target, self.arch, self.symtab, start, limit)
        except GogdbError as error:
            return Unwound((), error.message)


def state_on_stack(g: G, pc: int, sp: int, *, exact: bool) -> UnwindState:
    """Return the state to unwind the stack of `g` from; `exact` as in `UnwindState`."""
    return UnwindState(pc, sp, g.stack.lowest, g.stack.hi, exact, g.is_system)


def saved_state(g: G) -> UnwindState:
    """Return the state that was saved when `g` left its thread.

    Raises `GogdbError` if none is saved: execute and gogo clear it (proc.go, asm_*.s).
    """
    pc, sp = (g.syscallpc, g.syscallsp) if g.syscallsp else (g.sched.pc, g.sched.sp)
    if not sp or sp not in g.stack:
        raise GogdbError("no sp is saved in its gobuf")
    return state_on_stack(g, pc, sp, exact=False)


class _FunctionNames(Mapping[int, str]):
    """The names of functions by pc, each looked up when it is first needed."""

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
