"""What is observed at one stop of a goroutine's round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gogdb.boot.stop import StopState, read_stop
from gogdb.errors import Unreadable
from gogdb.runtime import goroutines
from gogdb.runtime.goversion import left_p
from gogdb.runtime.model import SCAN, G, M
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame

__all__ = ["Observation", "function_of_user", "observe"]


@dataclass(frozen=True)
class Observation(StopState):
    """The program at one stop of a step."""

    m: M  # of the selected thread
    m_function: str  # the function that this M was started with (m.mstartfn), "" for most
    g0: G  # of this M
    curg_frames: Sequence[Frame]  # of this M's curg, if it has one
    goroutine: G  # the one that is followed
    goroutine_frames: Sequence[Frame]  # from its thread's registers, or from its gobuf
    never_ran: bool  # the goroutine's gobuf is still as newproc1 made it
    return_address: int  # at the entry of a function, 0 elsewhere
    caller_sp: int  # at the entry of a function: sp once it has returned
    stack_argument: int | None  # at the entry of a function: the first argument (ABI0)
    func_value: str  # the function of the func value in argument register 0, "" if there is none

    @property
    def own_gs(self) -> Sequence[G]:
        """The gs that the round watches."""
        return self.g0, self.goroutine

    @property
    def own_m(self) -> M:
        """The M of the thread that has stopped."""
        return self.m

    @property
    def status(self) -> int:
        """The goroutine's status, without the bit that says that its stack is being scanned."""
        return self.goroutine.atomicstatus & ~SCAN

    @property
    def on_goroutine_stack(self) -> bool:
        """Whether the selected thread is on the goroutine's stack."""
        return self.sp in self.goroutine.stack

    @property
    def user_function(self) -> str | None:
        """The goroutine's innermost function that is not the runtime's."""
        return function_of_user(self.goroutine_frames)

    @property
    def calls_c(self) -> bool:
        """Whether the goroutine calls C, which has the status of a system call (cgocall.go)."""
        return any(frame.function == "runtime.cgocall" for frame in self.goroutine_frames)

    @property
    def goroutine_m(self) -> M | None:
        """The M that the goroutine is bound to."""
        return self.runtime.m(self.goroutine.m)

    @property
    def goroutine_p(self) -> int:
        """Address of the P of the goroutine, or that it had when it entered the kernel, or 0."""
        m = self.goroutine_m
        return (m.p or left_p(m.p, m.oldp)) if m else 0

    @property
    def on_cpu(self) -> bool:
        """Whether any M runs the goroutine."""
        return any(m.curg == self.goroutine.address for m in self.runtime.ms)

    @property
    def run_queue(self) -> str:
        """The run queue that the goroutine is on, such as "p0.runnext"; "" for none."""
        return self.queue_of(self.goroutine.address)

    def queue_of(self, g: int) -> str:
        """Return the run queue that the g at this address is on; "" for none."""
        for p in self.runtime.ps:
            if p.runnext == g:
                return f"p{p.id}.runnext"
            if g in p.runq:
                return f"p{p.id}.runq"
        return "sched.runq" if g in self.runtime.sched.runq else ""


def observe(
    program: Program,
    label: str,
    goroutine: int,
    *,
    earlier_frames: Sequence[Frame] = (),
    after_call: bool = False,
) -> Observation:
    """Observe the program, which has just stopped.

    `goroutine` is the address of the g that is followed, `earlier_frames` the frames at the stop
    before. With `after_call` the source line is that of the call that has just returned.
    """
    reader, runtime = program.reader, program.read().detached()
    registers = program.target.registers()
    m = _selected_m(program, runtime)
    g0 = runtime.g(m.g0) or reader.g(runtime.g0, "g0")
    curg = runtime.g(m.curg) if m.curg else None
    g = reader.g(goroutine)
    frames = goroutines.unwind(program, runtime, g).frames
    saved_slots = (g.sched.sp, *(f.return_slot for f in frames if f.return_slot))
    state = read_stop(
        program,
        runtime,
        label,
        g0=g0,
        goroutine=g,
        slots=() if registers.sp in g.stack else saved_slots,
        earlier_frames=earlier_frames,
        after_call=after_call,
    )
    return Observation(
        **vars(state),
        m=m,
        m_function=_func_value(program, m.mstartfn),
        g0=g0,
        curg_frames=goroutines.unwind(program, runtime, curg).frames if curg else (),
        goroutine=g,
        goroutine_frames=frames,
        never_ran=_never_ran(program, g),
        return_address=_return_address(program) if state.offset == 0 else 0,
        caller_sp=registers.sp + program.arch.pushed_by_call,
        stack_argument=_word(program, registers.sp + program.arch.stack_arguments),
        func_value=_func_value(program, registers.argument(0)),
    )


def function_of_user(frames: Sequence[Frame]) -> str | None:
    """Return the innermost function that is not the runtime's, None without frames."""
    frame = goroutines.frame_outside_runtime(frames)
    return frame.function if frame else None


def _selected_m(program: Program, runtime: Runtime) -> M:
    """Return the M of the selected thread, m0 for a thread that has no M."""
    current = runtime.g(program.current_g(program.target.registers()))
    m = runtime.m(current.m) if current else None
    return m or program.reader.m(runtime.m0)


def _never_ran(program: Program, g: G) -> bool:
    return g.sched.pc == g.startpc and _word(program, g.sched.sp) == program.goexit_return


def _return_address(program: Program) -> int:
    """Return the return address of the function whose entry the selected thread is at."""
    registers = program.target.registers()
    return registers.lr or _word(program, registers.sp) or 0


def _func_value(program: Program, address: int) -> str:
    """Return the name of a func value's function; its first word is the function's address."""
    return program.function_name(_word(program, address) or 0)


def _word(program: Program, address: int) -> int | None:
    try:
        return program.reader.word(address)
    except Unreadable:
        return None
