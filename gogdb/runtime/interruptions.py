"""The signals whose handlers threads are in: what each was, what it interrupted, and where.

A debugger also stops a thread before the handler of a signal is called.

A traceback of the runtime says it in its first lines (`fatalsignal` in runtime/signal_unix.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import FrameRegisters, SignalFrame
from gogdb.inferior.protocol import CodePlace, Thread
from gogdb.inferior.siginfo import Signal, decode, fault, stops_for_debugger
from gogdb.runtime import goroutines
from gogdb.runtime.model import G, M
from gogdb.runtime.program import Program, state_on_stack
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.signal_frames import SIGTRAMP, signal_frames
from gogdb.runtime.trace_cache import TraceBatch
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.runtime.unwind_start import frame_registers

__all__ = ["Interruption", "Interruptions"]

_SIGPANIC = "runtime.sigpanic"
_NEAR_SP = 1 << 16  # bytes; larger frames are rare, and a probe of their pages comes first
_NEAR_LO = 1 << 20  # bytes; also the least distance that the kernel keeps below a main stack


class Interruption(NamedTuple):
    """A signal and what it interrupted.

    - `name`: that of the signal, "" if the program has none for its number
    - `place`: the interrupted instruction; `in_go` says whether it is one of Go's functions
    - `stack`: the label of the g whose stack sp is on, "" for none
    - `overflows`: the label of a g0 if C code has overflowed its stack, otherwise ""
    - `goroutine`: the label of the goroutine that the M runs, "" for none
    - `thread`: the number of the thread in GDB, 0 if its handler has returned
    - `pending`: the thread has stopped at it, and its handler has not been called yet
    - `panics`: its handler has made the goroutine panic, and has returned
    - `unwound`: the frames from the interrupted instruction on; if that is in C code, the frames
      of the goroutine that called it
    """

    signal: Signal
    name: str
    registers: FrameRegisters
    place: CodePlace
    in_go: bool
    stack: str
    overflows: str
    goroutine: str
    thread: int
    pending: bool
    panics: bool
    unwound: Unwound


class Interruptions:
    """The signals that are being handled at one stop.

    Frames are unwound to at most `limit`, and so are those that are passed to its methods.
    """

    def __init__(self, program: Program, runtime: Runtime, limit: int) -> None:
        self._program = program
        self._runtime = runtime
        self._limit = limit
        self._known: dict[tuple[int, bool], tuple[Interruption, ...]] = {}
        self._on_thread = {at for m in runtime.ms for at in (m.curg, m.g0, m.gsignal)} - {0}

    def of_each(self, batch: TraceBatch) -> Sequence[tuple[Interruption, ...]]:
        """Return for each goroutine what `of` does, () for most."""
        gs = batch.gs
        none: tuple[Interruption, ...] = ()
        addresses = gs.column("address")
        panicked = {shape for shape in set(batch.shapes) if _sigpanic(shape.frames) is not None}
        if not panicked and self._on_thread.isdisjoint(addresses):
            return [none] * len(gs)
        concerned = (
            address in self._on_thread or shape in panicked
            for address, shape in zip(addresses, batch.shapes, strict=True)
        )
        traces = zip(concerned, range(len(gs)), batch.shapes, strict=True)
        return [self.of(gs[i], shape.frames) if yes else none for yes, i, shape in traces]

    def of(self, g: G, frames: Sequence[Frame]) -> tuple[Interruption, ...]:
        """Return the signals that the thread of `g` is handling, the latest first.

        The first one may be `pending`. The last one is the signal behind a panic of `g`, if
        sigpanic is among its `frames`.
        """
        panic = self._panic(g, frames)
        pending = self._pending(g)
        return pending + self._handled(g, frames) + ((panic,) if panic else ())

    def _pending(self, g: G) -> tuple[Interruption, ...]:
        """Return the signal that has stopped the thread of `g`, or the one on its stack."""
        stopped = self._stopped
        return (stopped,) if stopped and g.label in (stopped.goroutine, stopped.stack) else ()

    @cached_property
    def _stopped(self) -> Interruption | None:
        """The signal at which the selected thread stands, None if there is none."""
        program, runtime = self._program, self._runtime
        siginfo = program.target.siginfo()
        selected = program.target.selected_thread() if siginfo else None
        if selected is None or stops_for_debugger(decode(siginfo)):
            return None
        m = next((m for m in runtime.ms if runtime.threads.of(m) == selected), None)
        if m is None:
            return None
        try:
            registers = frame_registers(program, runtime.threads.registers(selected))
        except GogdbError:  # the thread is running, or gone
            return None
        frame = SignalFrame(registers, siginfo)
        goroutine = _goroutine(program, runtime, m)
        return self._interruption(frame, m, selected, goroutine)._replace(pending=True)

    def _handled(self, g: G, frames: Sequence[Frame]) -> tuple[Interruption, ...]:
        """Return the signals whose handlers have not returned.

        They run on the stack of a g0 only if its frames end there, else on gsignal.
        """
        m = self._runtime.m(g.m)
        if m is None or g.address not in (m.curg, m.g0, m.gsignal):
            return ()
        thread = self._runtime.threads.of(m)
        if thread is None:
            return ()
        on_g0, cut = g.address == m.g0, len(frames) >= self._limit
        if on_g0 and not cut and not (frames and frames[-1].function == SIGTRAMP):
            return ()
        if (m.address, on_g0) not in self._known:
            self._known[m.address, on_g0] = tuple(self._read(m, thread, on_g0=on_g0))
        return self._known[m.address, on_g0]

    def _panic(self, g: G, frames: Sequence[Frame]) -> Interruption | None:
        """Return the signal that sigpanic, on the stack of `g`, has turned into a panic.

        sighandler has stored it in the g (signal_unix.go). None if there is none.
        """
        index = _sigpanic(frames)
        if index is None:
            return None
        program, runtime = self._program, self._runtime
        layout = program.reader.layout("runtime.g")
        try:
            view = layout.view(program.target.read(g.address, layout.size))
        except Unreadable:
            return None
        number, code, address, pc = (
            view.get(field) or 0 for field in ("sig", "sigcode0", "sigcode1", "sigpc")
        )
        unwound = Unwound(tuple(frames[index + 1 :]), None)
        known = program.symtab.function(pc) is not None
        in_go = known or not g.is_system  # a goroutine may have called a damaged func value
        m, curg = runtime.m(g.m), None if g.is_system else g
        if m and g.is_system:
            curg = _goroutine(program, runtime, m)
        if curg and not in_go:
            unwound = goroutines.unwind(program, runtime, curg, self._limit)
        return Interruption(
            signal=fault(number, code, address),
            name=_name(program, number),
            registers=FrameRegisters(pc, frames[index].cfa, 0),
            place=self._place(pc, unwound if known else None),
            in_go=in_go,
            stack=g.label,
            overflows="",
            goroutine=curg.label if curg else "",
            thread=0,
            pending=False,
            panics=True,
            unwound=unwound,
        )

    def _read(self, m: M, thread: Thread, *, on_g0: bool) -> Iterator[Interruption]:
        gsignal = self._runtime.g(m.gsignal)
        try:
            registers = self._runtime.threads.registers(thread).frame
        except GogdbError:  # the thread is running, or gone
            return
        if not (on_g0 or (gsignal and registers.sp in gsignal.stack)):
            return
        # a handler on gsignal may have interrupted another one on g0
        frames = signal_frames(self._program, self._runtime, m, registers, on_g0=True)
        goroutine = _goroutine(self._program, self._runtime, m)
        for frame in frames:
            yield self._interruption(frame, m, thread, goroutine)

    def _interruption(
        self, frame: SignalFrame, m: M, thread: Thread, goroutine: G | None
    ) -> Interruption:
        program, runtime = self._program, self._runtime
        signal, registers = decode(frame.siginfo), frame.registers
        owner = runtime.stack_owner(registers.sp)
        known = program.symtab.sp_delta(registers.pc) is not None
        # a goroutine may have called a damaged func value
        in_go = known or bool(owner and not owner.is_system)
        unwound = Unwound((), None)
        if in_go and owner:
            state = state_on_stack(owner, registers.pc, registers.sp, exact=True)
            unwound = program.unwind_from(state._replace(lr=registers.lr), self._limit)
        elif not in_go and goroutine:
            unwound = goroutines.unwind(program, runtime, goroutine, self._limit)
        return Interruption(
            signal=signal,
            name=_name(program, signal.number),
            registers=registers,
            place=self._place(registers.pc, unwound if known else None),
            in_go=in_go,
            stack=owner.label if owner else "",
            overflows=_overflows(runtime, m, signal, registers.sp),
            goroutine=goroutine.label if goroutine else "",
            thread=thread.number,
            pending=False,
            panics=False,
            unwound=unwound,
        )

    def _place(self, pc: int, unwound: Unwound | None) -> CodePlace:
        """Return where an instruction is; `unwound` are the frames from it on if it is Go's.

        The debugger knows C code better than the program's own symbols.
        """
        if unwound and unwound.frames:
            frame = unwound.frames[0]
            return CodePlace(frame.function, 0, frame.file, frame.line)
        place = self._program.target.code_at(pc)
        return place if place.function else CodePlace(*self._program.locate(pc))


def _sigpanic(frames: Sequence[Frame]) -> int | None:
    """Return the index of the innermost frame of sigpanic, None if there is none."""
    return next((n for n, frame in enumerate(frames) if frame.function == _SIGPANIC), None)


def _goroutine(program: Program, runtime: Runtime, m: M) -> G | None:
    """Return the goroutine that `m` runs.

    None if the only one stands for the C code of a thread that Go did not make
    (needm in proc.go): all of its stack is the return address into goexit.
    """
    g = runtime.g(m.curg)
    if g is None or g.is_dead or g.unreadable:
        return None
    frames = goroutines.unwind(program, runtime, g, 2).frames
    return None if [frame.function for frame in frames] == ["runtime.goexit"] else g


def _overflows(runtime: Runtime, m: M, signal: Signal, sp: int) -> str:
    """Return the label of the g0 of `m` if it was accessed below its end, and near sp."""
    g0, address = runtime.g(m.g0), signal.address
    if g0 is None or address is None or abs(sp - address) > _NEAR_SP:
        return ""
    # lo is approximate: mstart0 and x_cgo_init take the size of the stack from its limit
    return g0.label if -_NEAR_SP < g0.stack.lo - address < _NEAR_LO else ""


def _name(program: Program, number: int | None) -> str:
    try:
        return "" if number is None else program.reader.signal_name(number)
    except Unreadable:
        return ""
