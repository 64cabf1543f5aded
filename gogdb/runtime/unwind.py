"""Unwind a Go stack: from a pc and an sp to the frames of the calls on it.

Follows the runtime's own traceback, `(*unwinder).resolveInternal` and `next` in
`runtime/traceback.go`. Frame pointers are not used: after preemption and signals they miss callers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.i18n import counted
from gogdb.inferior.arch import Arch
from gogdb.inferior.memory import Memory
from gogdb.runtime.elision import is_elided
from gogdb.runtime.symtab import SymbolTable

__all__ = ["CGOCALLBACK", "Frame", "UnwindState", "Unwound", "unwind"]

# Writes SP, but keeps a valid frame on both stacks (asm_*.s).
CGOCALLBACK = "runtime.cgocallback"

# The upper bound of a g0 stack that C allocated is the address of a local of mstart0, so the frames
# of mstart0 and mstart lie above it (mstart0 in runtime/proc.go).
_ABOVE_G0 = 256  # bytes

_WINDOW = 4096  # bytes; reading as many from a live process takes no longer than reading 8


class Frame(NamedTuple):
    """One call on a stack. An inlined call has the addresses of the frame that contains it.

    The function name is as in the symbol table: a traceback prints `runtime.gopanic` as `panic`,
    and type arguments as `[...]` (printFuncName).
    """

    function: str
    file: str
    line: int
    pc: int  # next instruction: in a caller, the one after the call
    sp: int  # SP in this frame
    cfa: int  # SP after this frame has returned
    return_slot: int | None  # where the return address is; None: in a register
    fp_slot: int | None  # where the caller's frame pointer is saved; None: the frame has no room
    inlined: bool
    elided: bool  # compiler-made wrapper; a traceback omits it below GOTRACEBACK=system


class UnwindState(NamedTuple):
    """Where to start unwinding, and the bounds of the stack that `sp` is on."""

    pc: int
    sp: int
    lo: int
    hi: int
    exact: bool  # `pc` is the next instruction, not a return address
    system: bool  # the stack is a g0's or a gsignal's
    lr: int = 0  # the return address where that is in a register, else 0
    fp: int | None = None  # the thread's frame pointer; None: pc and sp were saved in memory


class Unwound(NamedTuple):
    """The frames of a stack, innermost first."""

    frames: tuple[Frame, ...]
    ended: str | None  # why there are no more; None at the stack's end
    fp: int | None = None  # as in `UnwindState`

    def first(self, count: int) -> Unwound:
        """Return what unwinding with a limit of `count` frames would have returned."""
        if len(self.frames) <= count:
            return self
        return self._replace(frames=self.frames[:count], ended=stopped_after(count))


def stopped_after(limit: int) -> str:
    """Return the reason why unwinding ends at a limit."""
    return f"stopped after {limit} {counted(limit):frame|frames}"


def unwind(
    memory: Memory, arch: Arch, symtab: SymbolTable, start: UnwindState, limit: int
) -> Unwound:
    """Unwind a stack from `start` to its end, or to `limit` frames.

    Raises nothing, whatever the program's memory holds.
    """
    frames: list[Frame] = []
    try:
        for frame in _frames(memory, arch, symtab, start):
            if len(frames) == limit:
                return Unwound(tuple(frames), stopped_after(limit), start.fp)
            frames.append(frame)
    except GogdbError as error:
        return Unwound(tuple(frames), error.message, start.fp)
    return Unwound(tuple(frames), None, start.fp)


def _frames(memory: Memory, arch: Arch, symtab: SymbolTable, start: UnwindState) -> Iterator[Frame]:
    stack = _StackWords(memory)
    pc, sp, lo, hi, exact, system, lr, _ = start
    innermost, callee = True, ""
    hi += _ABOVE_G0 if system else 0
    if pc == 0:  # a call of a nil function: its only trace is the return address
        pc, sp, exact, lr = stack.word(sp, hi), sp + arch.pushed_by_call, False, 0
    while True:
        function = symtab.function(pc)
        if function is None:
            if symtab.is_empty:
                raise GogdbError("the tables of the program's functions cannot be read")
            raise GogdbError(f"pc {pc:#x} is in no Go function")
        # The upper bound of m0.g0's stack is SP in rt0_go.
        if not lo <= sp <= hi:
            raise GogdbError(f"sp {sp:#x} in {function.name} is outside the stack")
        delta = symtab.sp_delta(pc)
        if delta is None:
            raise GogdbError(f"the depth of the stack in {function.name} is not recorded")
        cfa = sp + delta + arch.pushed_by_call
        # A link register holds the return address until the prologue has stored it.
        in_register = lr and delta <= 0
        return_slot = None if in_register else arch.return_slot(sp, cfa)
        addresses = (pc, sp, cfa, return_slot, arch.saved_fp_slot(sp, cfa))
        # A call may be the last instruction of a line: then the return address is past that line.
        calls = symtab.inline_frames(pc if exact or pc == function.entry else pc - 1)
        for call in calls:
            elided = is_elided(call.wrapper, callee)
            callee, inlined = call.function, call is not calls[-1]
            yield Frame(call.function, call.file, call.line, *addresses, inlined, elided)
        if function.topframe:
            return
        # It may have switched stacks, unless it is innermost: then it has not done so yet.
        if function.spwrite and function.name != CGOCALLBACK and (system or not innermost):
            raise GogdbError(f"assembly that writes SP: {function.name}")
        if delta < 0 and return_slot is not None:
            raise GogdbError(f"{function.name} has popped its return address into a register")
        pc = lr if return_slot is None else stack.word(return_slot, hi)
        sp, lr = cfa, 0
        innermost, exact = False, function.name in symtab.injected


class _StackWords:
    """Words of a stack, read from the program in windows that begin at the word asked for."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._start = 0
        self._data = b""

    def word(self, address: int, hi: int) -> int:
        """Return the word at `address`; raise `GogdbError` if it is not below `hi` or readable."""
        at = address - self._start
        if not 0 <= at <= len(self._data) - 8:
            if address + 8 > hi:
                raise GogdbError(f"the return address at {address:#x} is outside the stack")
            try:
                self._data = self._memory.read(address, min(_WINDOW, hi - address))
            except Unreadable:
                self._data = self._memory.read(address, 8)
            self._start, at = address, 0
        return int.from_bytes(self._data[at : at + 8], "little")
