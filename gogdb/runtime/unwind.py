"""From a pc and an sp to the frames of a Go stack.

The walk is that of the program's own traceback, `(*unwinder).resolveInternal` and `next` in
`runtime/traceback.go`. Frame pointers play no part: they lose callers after preemption and signals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.memory import Memory
from gogdb.runtime.symtab import SymbolTable

__all__ = ["Frame", "State", "Unwound", "unwind"]

# A wrapper that panics instead of calling what it wraps is worth a line: elideWrapperCalling.
_PANICS = frozenset({"runtime.gopanic", "runtime.sigpanic", "runtime.panicwrap"})

# Writes SP too, but keeps a valid frame on both of its stacks.
_CGOCALLBACK = "runtime.cgocallback"

# A stack that C made for a g0 ends, by its bounds, at a local of mstart0: the frames of mstart0 and
# mstart lie above it (mstart0 in runtime/proc.go).
_ABOVE_G0 = 256  # bytes

_WINDOW = 4096  # bytes; a live read of them costs no more than one of 8


class Frame(NamedTuple):
    """One call on a stack; an inlined one has the addresses of the frame that it is part of.

    `pc` is where the frame goes on: in a caller, the instruction after the call. `sp` is SP in
    this frame, `cfa` SP after it has returned, `return_slot` where the caller's pc is kept.
    `elided`: a wrapper made by the compiler, which tracebacks leave out below GOTRACEBACK=system
    (showfuncinfo). The names are the functions' own: tracebacks print `runtime.gopanic` as
    `panic`, and type arguments as `[...]` (printFuncName).
    """

    function: str
    file: str
    line: int
    pc: int
    sp: int
    cfa: int
    return_slot: int
    inlined: bool
    elided: bool


class State(NamedTuple):
    """The registers to unwind from, and the bounds of the stack that `sp` is on.

    `exact`: `pc` is the next instruction, not a return address. `system`: the stack is the
    runtime's (g0, gsignal), and not a goroutine's own. `fp` is the thread's frame pointer when
    `pc` and `sp` are its registers too, None when they were saved in memory.
    """

    pc: int
    sp: int
    lo: int
    hi: int
    exact: bool
    system: bool
    fp: int | None = None


class Unwound(NamedTuple):
    """The frames, innermost first; `ended` says why there are no more, None at the stack's end.

    `fp` as in `State`.
    """

    frames: tuple[Frame, ...]
    ended: str | None
    fp: int | None = None

    def first(self, count: int) -> Unwound:
        """Return what unwinding with a limit of `count` frames would have returned."""
        if len(self.frames) <= count:
            return self
        return self._replace(frames=self.frames[:count], ended=stopped_after(count))


def stopped_after(limit: int) -> str:
    """Return the reason why unwinding ends at a limit."""
    return f"stopped after {limit} frames"


def unwind(
    memory: Memory,
    symtab: SymbolTable,
    pc: int,
    sp: int,
    lo: int,
    hi: int,
    *,
    innermost_is_exact: bool,
    limit: int,
    system: bool = False,
) -> Unwound:
    """Walk the stack [`lo`, `hi`) from `pc` and `sp` to its end, at most `limit` frames.

    `innermost_is_exact` is true for a thread's registers, false for those that the scheduler
    saved. `system` is true on g0 and gsignal. Nothing in the program's memory makes it raise.
    """
    frames: list[Frame] = []
    start = State(pc, sp, lo, hi, innermost_is_exact, system)
    try:
        for frame in _walk(memory, symtab, start):
            if len(frames) == limit:
                return Unwound(tuple(frames), stopped_after(limit))
            frames.append(frame)
    except GogdbError as error:
        return Unwound(tuple(frames), error.message)
    return Unwound(tuple(frames), None)


def _walk(memory: Memory, symtab: SymbolTable, state: State) -> Iterator[Frame]:
    words = _Words(memory)
    pc, sp, lo, hi, exact, system, _ = state
    innermost, callee = True, ""
    hi += _ABOVE_G0 if system else 0
    if pc == 0:  # a nil function was called: it has no frame but its return address
        pc, sp, exact = words.read(sp, hi), sp + 8, False
    while True:
        function = symtab.function(pc)
        if function is None:
            raise GogdbError(f"pc {pc:#x} is in no Go function")
        # rt0_go's own SP is the upper bound of m0.g0's stack.
        if not lo <= sp <= hi:
            raise GogdbError(f"sp {sp:#x} in {function.name} is outside the stack")
        delta = symtab.sp_delta(pc)
        if delta is None:
            raise GogdbError(f"the depth of the stack in {function.name} is not recorded")
        cfa = sp + delta + 8
        # A call may be the last instruction of a line, and the return address past it.
        calls = symtab.inline_frames(pc if exact or pc == function.entry else pc - 1)
        for call in calls:
            elided = call.wrapper and callee not in _PANICS
            callee, inlined = call.function, call is not calls[-1]
            place = (call.function, call.file, call.line)
            yield Frame(*place, pc, sp, cfa, cfa - 8, inlined, elided)
        if function.topframe:
            return
        # It may have left for a stack that we do not know, unless it has had no time to.
        if function.spwrite and function.name != _CGOCALLBACK and (system or not innermost):
            raise GogdbError(f"assembly that writes SP: {function.name}")
        pc, sp, exact = words.read(cfa - 8, hi), cfa, function.name in symtab.injected
        innermost = False


class _Words:
    """Words of a stack, read in windows that begin where the walk is."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._start = 0
        self._data = b""

    def read(self, address: int, hi: int) -> int:
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
