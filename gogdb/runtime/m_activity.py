"""What the Ms without a goroutine do, judged by the frames of their threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from gogdb.errors import GogdbError
from gogdb.runtime.model import M
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame

__all__ = ["read_activities"]

_MAX_MS = 256  # Ms whose threads are unwound
_MAX_FRAMES = 24  # sysmon and schedule are within a dozen

# Functions that say what an M does, most specific first (proc.go)
_ACTIVITIES = (
    "runtime.sysmon",
    "runtime.templateThread",
    "runtime.gcstopm",
    "runtime.stoplockedm",
    "runtime.netpoll",
    "runtime.stopm",
    "runtime.findRunnable",
    "runtime.schedule",
)


def read_activities(program: Program, runtime: Runtime) -> Mapping[int, str]:
    """Return, by M address, the runtime function that says what the M does on its g0.

    Only for Ms without a goroutine that are not on sched.midle. It is the innermost function if
    none of `_ACTIVITIES` is on the stack. An M whose thread or frames cannot be read is left out.
    """
    idle = set(runtime.sched.midle)
    free = (m for m in runtime.ms if not m.unreadable and not m.curg and m.address not in idle)
    activities: dict[int, str] = {}
    for m in islice(free, _MAX_MS):
        thread = runtime.threads.of(m)
        if thread is None:
            continue
        try:
            registers = runtime.threads.registers(thread)
        except GogdbError:
            continue
        if _on_g0(registers.sp, m, runtime):
            frames = program.unwind_thread(registers.pc, registers.sp, runtime, _MAX_FRAMES).frames
            if frames:
                activities[m.address] = _activity(frames)
    return activities


def _on_g0(sp: int, m: M, runtime: Runtime) -> bool:
    g0 = runtime.g(m.g0)
    return g0 is not None and not g0.unreadable and sp in g0.stack


def _activity(frames: Sequence[Frame]) -> str:
    functions = {frame.function for frame in frames}
    return next((name for name in _ACTIVITIES if name in functions), frames[0].function)
