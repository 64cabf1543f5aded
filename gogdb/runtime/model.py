"""Go's scheduler at one stop, in the runtime's own words (runtime/runtime2.go).

Addresses are ints; a field that this Go release does not have, or that could not
be read, is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

__all__ = ["G", "Gobuf", "M", "P", "Runtime", "Sched", "Stack"]

SCAN = 0x1000  # _Gscan: the collector holds the goroutine's stack (runtime2.go)
GIDLE, GRUNNABLE, GRUNNING, GWAITING, GDEAD = 0, 1, 2, 4, 6  # their names are in the binary
GLEAKED, GDEADEXTRA = 10, 11  # since go1.26


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


@dataclass(frozen=True, slots=True)
class G:
    """A goroutine, or one of the two system stacks of an M (g0, gsignal)."""

    address: int
    name: str  # "g0", "m1.g0", "m1.gsignal", the goid in digits, "new" before it has one
    goid: int
    atomicstatus: int
    status: str
    stack: Stack
    stackguard0: int
    stackguard1: int
    sched: Gobuf
    m: int
    waitreason: str
    waitsince: int | None  # ns by runtime.nanotime, 0 when not recorded
    gopc: int
    startpc: int
    parent_goid: int | None
    lockedm: int
    schedlink: int
    syscallsp: int
    syscallpc: int
    unreadable: str = ""  # why nothing else here is true

    @property
    def label(self) -> str:
        """What people call it: "g0", "m1.gsignal", "g17"; "the new g" before it has a number."""
        if self.name == "new":
            return "the new g"
        return f"g{self.name}" if self.name.isdigit() else self.name

    @property
    def system(self) -> bool:
        """Whether its stack is the runtime's own: a g0 or a gsignal."""
        return self.name.endswith(("g0", "gsignal"))

    @property
    def waits(self) -> bool:
        """Whether its wait reason is of now, and not left over (_Gwaiting, _Gleaked)."""
        return self.atomicstatus & ~SCAN in (GWAITING, GLEAKED)

    @property
    def dead(self) -> bool:
        return self.atomicstatus & ~SCAN in (GDEAD, GDEADEXTRA)


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
    gfree: int  # dead gs kept for reuse, when counted


@dataclass(frozen=True)
class Runtime:
    """Everything that one stop tells about the scheduler."""

    go_version: str
    gomaxprocs: int
    ncpu: int
    allglen: int
    sched: Sched
    ps: Sequence[P]
    ms: Sequence[M]
    gs: Sequence[G]  # allgs, without the system stacks
    system: Sequence[G]  # g0 and gsignal of every M
    g0: int  # &runtime.g0
    m0: int  # &runtime.m0
    notes: Sequence[str] = field(default=())  # what could not be read, and why
    functions: Mapping[int, str] = field(default_factory=dict)  # names of startpc and gopc

    @cached_property
    def _by_address(self) -> dict[int, G | M | P]:
        every: list[G | M | P] = [*self.gs, *self.system, *self.ms, *self.ps]
        return {thing.address: thing for thing in every}

    def g(self, address: int) -> G | None:
        found = self._by_address.get(address)
        return found if isinstance(found, G) else None

    def m(self, address: int) -> M | None:
        found = self._by_address.get(address)
        return found if isinstance(found, M) else None

    def p(self, address: int) -> P | None:
        found = self._by_address.get(address)
        return found if isinstance(found, P) else None

    def name(self, address: int) -> str:
        """What people call the g, m or p at `address`: "g0", "g1", "m0", "p3", "" for nil."""
        if not address:
            return ""
        thing = self._by_address.get(address)
        if isinstance(thing, G):
            return thing.label
        if isinstance(thing, M) and not thing.unreadable:
            return f"m{thing.id}"
        if isinstance(thing, P) and not thing.unreadable:
            return f"p{thing.id}"
        return f"{address:#x}"

    def owner(self, address: int) -> G | None:
        """The g whose stack `address` lies on."""
        for g in (*self.system, *self.gs):
            if not g.unreadable and address in g.stack:
                return g
        return None
