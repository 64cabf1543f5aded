"""What called the functions that have switched stacks: the goroutine that the thread works for.

On a system stack the runtime works for the goroutine m.curg, whose gobuf says where it left its own
stack. A debugger does not know that, and finds at the beginning of g0's stack what was left there
long ago. Each rule follows the function in asm_*.s that has switched the stack.
"""

from __future__ import annotations

from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.i18n import tr
from gogdb.inferior.stack_switch import CALLED, INTERRUPTED, STOPPED, Caller
from gogdb.runtime.curg import CurgFinder
from gogdb.runtime.goroutine_registers import (
    ASYNC_PREEMPT,
    general_registers,
    preempted_registers,
)
from gogdb.runtime.model import G
from gogdb.runtime.program import Program, saved_state
from gogdb.runtime.unwind import CGOCALLBACK

__all__ = ["StackStitch"]

_SYSTEMSTACK, _MCALL, _ASMCGOCALL = "runtime.systemstack", "runtime.mcall", "runtime.asmcgocall"
_SWITCHING = frozenset({_SYSTEMSTACK, "runtime.morestack", _ASMCGOCALL})
_SIGTRAMP = "runtime.sigtramp"
_SIGNAL_RETURN = "runtime.sigreturn__sigaction"  # by this name GDB knows a signal's frame itself
_SAVED_WORDS = 8  # above SP in asmcgocall; one of them is the calling g


class _Unknown(NamedTuple):
    """Why the goroutine that called a function that switches stacks is not known."""

    why: str


class StackStitch:
    """Finds the callers of one program's frames, at any stop.

    Everything that does not change is looked up at once, so that a frame costs a few small reads.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._threads = CurgFinder(program)
        self._injected = program.symtab.injected
        self._knows_signals = program.symtab.lookup(_SIGNAL_RETURN) is not None
        self._names = _SWITCHING | self._injected | {_MCALL, _SIGTRAMP, CGOCALLBACK}

    def caller(self, pc: int, sp: int, thread_pointer: int) -> Caller | None:
        """Return what called the frame at `pc`, with `sp`, in the thread with a thread pointer.

        None if call frame information knows it. Where it is not certain, the caller has pc 0, which
        ends the stack, and `why_ended` says why. Raises `GogdbError` if memory cannot be read.
        """
        found = self._find(pc, sp, thread_pointer)
        if found is None:
            return None
        identity, registers = found
        if isinstance(registers, _Unknown):
            arch, (cfa, _) = self._program.arch, identity
            registers = {arch.pc: 0, arch.sp: cfa}  # as GDB shows what is above goexit
        return Caller(identity, registers)

    def why_ended(self, pc: int, sp: int, thread_pointer: int) -> str:
        """Return why it is not certain what called the frame at `pc`, "" if it is certain.

        Raises `GogdbError` if memory cannot be read.
        """
        found = self._find(pc, sp, thread_pointer)
        return found[1].why if found and isinstance(found[1], _Unknown) else ""

    def _find(
        self, pc: int, sp: int, thread_pointer: int
    ) -> tuple[tuple[int, int], dict[str, int] | _Unknown] | None:
        """Return the frame's identity (CFA and function), and its caller's registers."""
        function = self._program.symtab.function(pc)
        if function is None or function.name not in self._names:
            return None
        delta = self._program.symtab.sp_delta(pc) or 0
        cfa = sp + delta + self._program.arch.pushed_by_call
        registers = self._registers(function.name, sp, cfa, thread_pointer)
        return None if registers is None else ((cfa, function.entry), registers)

    def _registers(
        self, name: str, sp: int, cfa: int, thread_pointer: int
    ) -> dict[str, int] | _Unknown | None:
        arch = self._program.arch
        if name in self._injected:
            is_preempted = name == ASYNC_PREEMPT
            saved = preempted_registers(self._program, sp, cfa) if is_preempted else None
            return {
                **general_registers(arch, saved or {}),
                arch.pc: INTERRUPTED,
                arch.sp: cfa,
            }
        if name == CGOCALLBACK:
            return self._returns_to_entry(cfa)
        if name == _SIGTRAMP:
            return None if self._knows_signals else self._interrupted(cfa)
        if not thread_pointer:
            return _Unknown(tr("the thread pointer, which leads to the goroutine, is not known"))
        m = self._threads.m(thread_pointer)
        curg = self._threads.curg(m)
        if name == _ASMCGOCALL and (curg is None or not self._has_saved(sp, curg)):
            return None  # it was called on this stack
        if name == _SYSTEMSTACK and m and sp != self._threads.system_sp(m):
            return None  # it was called on g0's stack, or has not switched yet
        if not m:
            return _Unknown(tr("the thread has no M, which leads to the goroutine"))
        if curg is None and name == _MCALL:  # dropg in proc.go
            return _Unknown(tr("the thread has left the goroutine that called mcall"))
        if curg is None:
            return _Unknown(tr("the thread works for no goroutine"))
        if curg.unreadable:
            return _Unknown(tr("the goroutine of the thread cannot be read"))
        if sp in curg.stack:  # it has not switched yet
            return None
        if name == _MCALL and self._word(sp) != curg.address:  # execute in proc.go
            return _Unknown(
                tr(
                    "the thread has left the goroutine that called mcall, and is about to run {g}",
                    g=curg.label,
                )
            )
        return self._goroutine(curg)

    def _goroutine(self, curg: G) -> dict[str, int] | _Unknown:
        """Return the registers that lead to where a goroutine has left its stack."""
        arch = self._program.arch
        try:
            state = saved_state(curg)
        except GogdbError:
            return _Unknown(tr("no place on the stack of {g} is saved", g=curg.label))
        return {
            arch.pc: STOPPED if self._is_entry(state.pc) else CALLED,
            arch.carrier: state.pc,
            arch.sp: state.sp,
            arch.fp: curg.sched.bp,
            arch.g: curg.address,
        }

    def _returns_to_entry(self, cfa: int) -> dict[str, int] | None:
        """Return the registers that lead to a caller whose pc is a function's entry.

        Up to go1.19 cgocallback pushes that of systemstack_switch; a debugger would look it up in
        the function before.
        """
        arch = self._program.arch
        pc = self._word(cfa - arch.pushed_by_call)
        if not self._is_entry(pc):
            return None
        return {arch.pc: STOPPED, arch.carrier: pc, arch.sp: cfa}

    def _is_entry(self, pc: int) -> bool:
        function = self._program.symtab.function(pc)
        return function is not None and function.entry == pc

    def _interrupted(self, cfa: int) -> dict[str, int]:
        """Return the registers that lead to what a signal has interrupted."""
        arch = self._program.arch
        found = arch.signal_frame(self._program.target, cfa, has_siginfo=False).registers
        return {arch.pc: STOPPED, arch.carrier: found.pc, arch.sp: found.sp, arch.fp: found.fp}

    def _has_saved(self, sp: int, curg: G) -> bool:
        """Report whether asmcgocall has come from the stack of a goroutine: it saves its g."""
        words = self._program.reader.words(sp, _SAVED_WORDS)
        return curg.address in words

    def _word(self, address: int) -> int:
        return self._program.reader.word(address)
