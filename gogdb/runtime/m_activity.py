"""What the Ms that run no goroutine do, as far as their threads' frames tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from gogdb.runtime.model import M
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame

__all__ = ["read_activities"]

MOST = 256  # Ms whose threads are asked; those on sched.midle are not
DEPTH = 24  # frames; sysmon and schedule lie within a dozen

# A function tells more than those that it calls (proc.go)
_TELLING = (
    *("runtime.sysmon", "runtime.templateThread", "runtime.gcstopm", "runtime.stoplockedm"),
    *("runtime.netpoll", "runtime.stopm", "runtime.findRunnable", "runtime.schedule"),
)


def read_activities(program: Program, runtime: Runtime) -> Mapping[int, str]:
    """By M address, the function of the runtime that it is in on its g0.

    For Ms without a goroutine that are not on sched.midle; the innermost function where none
    is known to tell more. An M whose thread or frames cannot be had is left out.
    """
    threads = {thread.lwp: thread for thread in program.target.threads()}
    idle = set(runtime.sched.midle)
    free = (m for m in runtime.ms if not m.unreadable and not m.curg and m.address not in idle)
    found: dict[int, str] = {}
    for m in islice(free, MOST):
        if m.procid not in threads:
            continue
        registers = program.target.registers(threads[m.procid])
        pc, sp = registers.pc, registers.sp
        if _on_g0(sp, m, runtime):
            frames = program.unwind_thread(pc, sp, runtime, DEPTH).frames
            if frames:
                found[m.address] = _telling(frames)
    return found


def _on_g0(sp: int, m: M, runtime: Runtime) -> bool:
    g0 = runtime.g(m.g0)
    return g0 is not None and not g0.unreadable and sp in g0.stack


def _telling(frames: Sequence[Frame]) -> str:
    functions = {frame.function for frame in frames}
    return next((name for name in _TELLING if name in functions), frames[0].function)
