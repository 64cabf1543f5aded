"""Go's scheduler at one stop, in the runtime's own words (runtime/runtime2.go).

Addresses are ints; a field that this Go release does not have, or that could not
be read, is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple

__all__ = [
    "NEW_G",
    "SCHED_COUNTERS",
    "G",
    "GConstants",
    "Gobuf",
    "M",
    "P",
    "Sched",
    "Stack",
    "is_dead",
    "is_waiting",
]

SCAN = 0x1000  # _Gscan: the collector holds the goroutine's stack (runtime2.go)
GIDLE, GRUNNABLE, GRUNNING, GSYSCALL, GWAITING, GDEAD = (
    0,
    1,
    2,
    3,
    4,
    6,
)  # their names are in the binary
GPREEMPTED = 9  # stopped by suspendG, which alone resumes it; it has no wait reason
GLEAKED, GDEADEXTRA = 10, 11  # since go1.26

NEW_G = "the new g"  # the label of one that has no number yet


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack's bounds: it spans [lo, hi) and grows down from hi."""

    lo: int
    hi: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.hi - self.lo

    def __contains__(self, address: int) -> bool:
        # hi itself is where an empty stack's sp points
        return self.lo <= address <= self.hi and self.hi != 0


@dataclass(frozen=True, slots=True)
class Gobuf:
    """The words that gogo loads to make a goroutine run (gobuf)."""

    address: int
    sp: int
    pc: int
    g: int
    ctxt: int
    lr: int
    bp: int
    ret: int | None = None  # up to go1.24: what gogo puts into rax


@dataclass(frozen=True)
class GConstants:
    """The runtime's own names of numbers in a g, from the binary, and where g.sched lies."""

    statuses: Sequence[str]  # gStatusStrings (traceback.go)
    wait_reasons: Sequence[str]  # waitReasonStrings (runtime2.go)
    gobuf_offset: int = 0  # bytes from a g to its gobuf
    _told: dict[int, str] = field(default_factory=dict, compare=False, repr=False)

    def status_name(self, value: int) -> str:
        """The name of a g status; the scan bit is said beside it."""
        found = self._told.get(value)
        if found is None:
            plain = value & ~SCAN
            known = plain < len(self.statuses) and self.statuses[plain]
            found = (known or f"status {plain}") + (" (scan)" if value & SCAN else "")
            self._told[value] = found
        return found

    def wait_reason(self, value: int) -> str:
        return self.wait_reasons[value] if value < len(self.wait_reasons) else ""

    def status_and_reason(self, status: int, reason: int) -> tuple[str, str]:
        """The names of both; "" for a reason that is left over from an earlier wait."""
        return self.status_name(status), self.wait_reason(reason) if is_waiting(status) else ""


def is_waiting(status: int) -> bool:
    """Whether a g of this status has a wait reason of now, and not one left over."""
    return status & ~SCAN in (GWAITING, GLEAKED)


def is_dead(status: int) -> bool:
    """Whether a g of this status is none any more, or not yet."""
    return status & ~SCAN in (GDEAD, GDEADEXTRA)


OptionalWord = int | bytes | None


class G(NamedTuple):
    """A goroutine, or one of the two system stacks of an M (g0, gsignal).

    A tuple of the words as they lie in memory, for there may be a million of them: what takes
    thinking is a property. An `OptionalWord` that this Go release does not have is no int.
    """

    address: int
    system_name: str  # "g0", "m1.g0", "m1.gsignal"; "" for a goroutine
    constants: GConstants
    unreadable: str  # why nothing else here is true, "" when it is
    stack_lo: int
    stack_hi: int
    stackguard0: int
    stackguard1: int
    m: int
    sched_sp: int
    sched_pc: int
    sched_g: int
    sched_ctxt: int
    sched_ret: OptionalWord  # up to go1.24
    sched_lr: int
    sched_bp: int
    syscallsp: int
    syscallpc: int
    syscallbp: OptionalWord  # since go1.23
    atomicstatus: int
    goid: int
    schedlink: int
    waitsince: int  # ns by runtime.nanotime, 0 when not recorded
    waitreason_code: int
    lockedm: int
    parent_goid: OptionalWord  # since go1.21
    gopc: int
    startpc: int

    @property
    def name(self) -> str:
        """ "g0", "m1.gsignal", the goid in digits, "new" before it has one."""
        if self.unreadable:
            return self.system_name or f"{self.address:#x}"
        return self.system_name or (str(self.goid) if self.goid else "new")

    @property
    def label(self) -> str:
        """What people call it: "g0", "m1.gsignal", "g17"; "the new g" before it has a number."""
        name = self.name
        if name == "new":
            return NEW_G
        return f"g{name}" if name.isdigit() else name

    @property
    def status(self) -> str:
        return "?" if self.unreadable else self.constants.status_name(self.atomicstatus)

    @property
    def waitreason(self) -> str:
        """Why it waits, or why it last did: see `is_waiting`."""
        return "" if self.unreadable else self.constants.wait_reason(self.waitreason_code)

    @property
    def stack(self) -> Stack:
        return Stack(self.stack_lo, self.stack_hi)

    @property
    def sched(self) -> Gobuf:
        return Gobuf(
            self.address + self.constants.gobuf_offset,
            self.sched_sp,
            self.sched_pc,
            self.sched_g,
            self.sched_ctxt,
            self.sched_lr,
            self.sched_bp,
            self.sched_ret if isinstance(self.sched_ret, int) else None,
        )

    def stack_contains(self, address: int) -> bool:
        """Whether `address` is on its stack; hi itself is where an empty stack's sp points."""
        return self.stack_lo <= address <= self.stack_hi != 0 and not self.unreadable

    @property
    def is_system(self) -> bool:
        """Whether its stack is the runtime's own: a g0 or a gsignal."""
        return self.system_name.endswith(("g0", "gsignal"))

    @property
    def is_waiting(self) -> bool:
        """Whether its wait reason is of now, and not left over (_Gwaiting, _Gleaked)."""
        return is_waiting(self.atomicstatus)

    @property
    def is_dead(self) -> bool:
        return is_dead(self.atomicstatus)


@dataclass(frozen=True, slots=True)
class M:
    """A thread of the runtime. `procid` is the kernel's thread id, 0 before minit."""

    address: int
    id: int
    procid: int
    g0: int
    gsignal: int
    curg: int
    p: int
    nextp: int
    oldp: int
    spinning: bool
    blocked: bool
    locks: int
    lockedg: int
    mstartfn: int
    schedlink: int
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class P:
    """A processor: the right to run Go code, with its queue of runnable gs."""

    address: int
    id: int
    status: str
    m: int
    link: int
    schedtick: int
    syscalltick: int
    runqhead: int
    runqtail: int
    runq: tuple[int, ...]  # the gs that wait, in their order
    runnext: int
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Sched:
    """The scheduler's global state (schedt)."""

    address: int
    goidgen: int
    maxmcount: int
    mnext: int
    nmfreed: int
    nmidle: int
    nmidlelocked: int
    nmsys: int
    ngsys: int
    npidle: int
    nmspinning: int
    gcwaiting: int
    sysmonwait: int
    lastpoll: int
    runqsize: int
    runq: tuple[int, ...]  # the global queue
    midle: tuple[int, ...]  # idle Ms, the next to be woken first
    pidle: tuple[int, ...]  # idle Ps, the next to be taken first
    gfree: int  # dead gs kept for reuse
    unreadable: str = ""


# The fields of `Sched` that are a number of the same name in schedt
SCHED_COUNTERS = tuple(
    counter.name
    for counter in fields(Sched)
    if counter.name not in ("address", "runqsize", "runq", "midle", "pidle", "gfree", "unreadable")
)
