"""What called the functions that have switched stacks: the goroutine that the thread works for.

On a system stack the runtime works for the goroutine m.curg, whose gobuf says where it left its own
stack. A debugger does not know that, and finds at the beginning of g0's stack what was left there
long ago. Each rule follows the function in asm_*.s that has switched the stack.
"""

from __future__ import annotations

from gogdb.errors import GogdbError
from gogdb.inferior.stack_switch import CALLED, INTERRUPTED, STOPPED, Caller
from gogdb.runtime.current_g import g_slot
from gogdb.runtime.goroutine_registers import (
    ASYNC_PREEMPT,
    general_registers,
    preempted_registers,
)
from gogdb.runtime.model import G
from gogdb.runtime.program import Program, saved_state
from gogdb.runtime.unwind import CGOCALLBACK

__all__ = ["StackStitch"]

_SWITCHING = frozenset({"runtime.systemstack", "runtime.morestack", "runtime.asmcgocall"})
_MCALL, _ASMCGOCALL = "runtime.mcall", "runtime.asmcgocall"
_SIGTRAMP = "runtime.sigtramp"
_SIGNAL_RETURN = "runtime.sigreturn__sigaction"  # by this name GDB knows a signal's frame itself
_SAVED_WORDS = 8  # above SP in asmcgocall; one of them is the calling g


class StackStitch:
    """Tells the caller of a frame of one program, at any stop.

    Everything that does not change is looked up at once, so that a frame costs a few small reads.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        layout = program.reader.layout
        self._g_m = layout("runtime.g").offset("m")
        self._m_curg = layout("runtime.m").offset("curg")
        self._injected = program.symtab.injected
        self._knows_signals = program.symtab.lookup(_SIGNAL_RETURN) is not None
        self._tls_offset = program.target.binary.tls_offset
        self._names = _SWITCHING | self._injected | {_MCALL, _SIGTRAMP, CGOCALLBACK}

    def caller(self, pc: int, sp: int, thread_pointer: int) -> Caller | None:
        """Return what called the frame at `pc`, with `sp`, in the thread with a thread pointer.

        None if call frame information knows it, or if it is not certain. Raises `GogdbError` if
        memory cannot be read.
        """
        function = self._program.symtab.function(pc)
        if function is None or function.name not in self._names:
            return None
        delta = self._program.symtab.sp_delta(pc) or 0
        cfa = sp + delta + self._program.arch.pushed_by_call
        registers = self._registers(function.name, sp, cfa, thread_pointer)
        return Caller((cfa, function.entry), registers) if registers else None

    def _registers(
        self, name: str, sp: int, cfa: int, thread_pointer: int
    ) -> dict[str, int] | None:
        arch = self._program.arch
        nothing = {arch.pc: 0, arch.sp: cfa}  # as GDB shows what is above goexit
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
        m = self._m(thread_pointer)
        if not m:
            return None
        curg = self._curg(m)
        if curg is None or curg.unreadable:
            return nothing if name == _MCALL else None  # the goroutine has been dropped (dropg)
        if sp in curg.stack:  # it has not switched yet
            return None
        if name == _MCALL and self._word(sp) != curg.address:
            return nothing  # curg is the goroutine that is about to run (execute in proc.go)
        if name == _ASMCGOCALL and not self._has_saved(sp, curg):
            return None  # it was called on this stack
        return self._goroutine(curg)

    def _goroutine(self, curg: G) -> dict[str, int] | None:
        """Return the registers that lead to where a goroutine has left its stack."""
        arch = self._program.arch
        try:
            state = saved_state(curg)
        except GogdbError:
            return None
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

    def _m(self, thread_pointer: int) -> int:
        """Return the address of a thread's M, by the g in its TLS slot; 0 if it has none."""
        slot = g_slot(thread_pointer, self._tls_offset) if thread_pointer else 0
        g = self._word(slot) if slot else 0
        return self._word(g + self._g_m) if g else 0

    def _curg(self, m: int) -> G | None:
        """Return the goroutine that an M works for, None if it has none."""
        curg = self._word(m + self._m_curg)
        found = self._program.reader.g(curg) if curg else None
        return found if found is not None and found.m == m else None

    def _has_saved(self, sp: int, curg: G) -> bool:
        """Report whether asmcgocall has come from the stack of a goroutine: it saves its g."""
        words = self._program.reader.words(sp, _SAVED_WORDS)
        return curg.address in words

    def _word(self, address: int) -> int:
        return self._program.reader.word(address)
