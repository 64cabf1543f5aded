"""How long a goroutine has waited, by the runtime's own clock."""

from __future__ import annotations

from typing import NamedTuple

from gogdb.errors import Unreadable
from gogdb.runtime.model import GLEAKED, GSYSCALL, GWAITING, SCAN
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime

__all__ = ["Clock", "read_clock"]

_BLOCKED = (GSYSCALL, GWAITING, GLEAKED)  # goroutineheader in traceback.go, and _Gleaked
_MAX_TIME = 1 << 62  # ns, 146 years: longer than any machine has been up

# Fields in which the runtime stores nanotime(), ns (runtime2.go)
_SCHED_TIMES = ("lastpoll", "procresizetime")
_P_TIMES = (
    "sysmontick.schedwhen",
    "sysmontick.syscallwhen",
    "gcMarkWorkerStartTime",
    "gcStopTime",  # since go1.22
)


class Clock(NamedTuple):
    """The time of a stop in ns, as runtime.nanotime counts it.

    If not `exact`, `now` is the latest time that the runtime has stored, and the stop is later;
    None if no such time can be read.
    """

    now: int | None
    exact: bool

    def waited_ns(self, atomicstatus: int, waitsince: int | None) -> int | None:
        """Return approximately how long a g has been blocked, None when it is not recorded.

        The first garbage collection that finds a g blocked sets waitsince to work.tstart (markroot
        in mgcmark.go), which is when the collection before it ended (gcMark in mgc.go): the g
        blocked between the two. In the first collection work.tstart is 0. The value is left over
        once the g is no longer blocked.
        """
        if atomicstatus & ~SCAN not in _BLOCKED or not waitsince or waitsince < 0:
            return None
        if self.now is None:
            return None
        if waitsince > self.now:
            return None if self.exact else 0
        return self.now - waitsince


def read_clock(program: Program, runtime: Runtime) -> Clock:
    """Return the machine's clock at this stop, or the latest time that the runtime has stored."""
    now = program.target.monotonic()  # what nanotime reads on Linux (sys_linux_amd64.s)
    if now is not None:
        return Clock(now, exact=True)
    times: list[int] = []
    if not runtime.sched.unreadable:
        times += _stored_times(program, runtime.sched.address, "runtime.schedt", _SCHED_TIMES)
    for p in runtime.ps:
        if not p.unreadable:
            times += _stored_times(program, p.address, "runtime.p", _P_TIMES)
    stored = (time for time in times if 0 < time < _MAX_TIME)
    return Clock(max(stored, default=None), exact=False)


def _stored_times(program: Program, address: int, struct: str, paths: tuple[str, ...]) -> list[int]:
    """Read the fields at `paths` of a struct, 0 where this release has none."""
    layout = program.reader.layout(struct)
    try:
        view = layout.view(program.target.read(address, layout.size))
    except Unreadable:
        return []
    return [view.get(path) or 0 for path in paths]
