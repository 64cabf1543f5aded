"""How long a goroutine has waited, by the runtime's own clock."""

from __future__ import annotations

from dataclasses import dataclass

from gogdb.errors import Unreadable
from gogdb.runtime.model import GLEAKED, GSYSCALL, GWAITING, SCAN
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime

__all__ = ["Clock", "read_clock"]

_BLOCKED = (GSYSCALL, GWAITING, GLEAKED)  # goroutineheader in traceback.go, and _Gleaked
_NEVER = 1 << 62  # ns; 146 years: no machine has been up so long

# When the runtime last looked at its clock (runtime2.go)
_OF_SCHED = ("lastpoll", "procresizetime")
_OF_P = (
    *("sysmontick.schedwhen", "sysmontick.syscallwhen", "gcMarkWorkerStartTime"),
    "gcStopTime",  # since go1.22
)


@dataclass(frozen=True, slots=True)
class Clock:
    """What runtime.nanotime says, ns. Not `exact`: it is later than that, by what is unknown."""

    now: int
    exact: bool

    def waited_ns(self, atomicstatus: int, waitsince: int | None) -> int | None:
        """About how long a g has been blocked, ns; None when that is not recorded.

        The first collection that finds a g blocked sets waitsince to work.tstart (markroot in
        mgcmark.go), and that is when the collection before it ended (gcMark in mgc.go): the g
        blocked somewhere between. In the first collection it is 0. It is left over from then
        once the g is blocked no more.
        """
        if atomicstatus & ~SCAN not in _BLOCKED or not waitsince or waitsince < 0:
            return None
        if waitsince > self.now:  # later than all that we know of, or, by an exact clock, no time
            return None if self.exact else 0
        return self.now - waitsince


def read_clock(program: Program, runtime: Runtime) -> Clock:
    """The clock of this stop: the machine's, or the latest moment that the runtime wrote down."""
    now = program.target.monotonic()  # what nanotime reads on Linux (sys_linux_amd64.s)
    if now is not None:
        return Clock(now, exact=True)
    moments = _moments(program, runtime.sched.address, "runtime.schedt", _OF_SCHED)
    for p in runtime.ps:
        moments += [] if p.unreadable else _moments(program, p.address, "runtime.p", _OF_P)
    return Clock(max((moment for moment in moments if moment < _NEVER), default=0), exact=False)


def _moments(program: Program, address: int, struct: str, paths: tuple[str, ...]) -> list[int]:
    layout = program.reader.layout(struct)
    try:
        view = layout.view(program.target.read(address, layout.size))
    except Unreadable:
        return []
    return [view.get(path) or 0 for path in paths]
