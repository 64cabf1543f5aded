"""Records of one stop: stacks, gobufs, Gs, Ms, Ps and the scheduler's state.

The fields have the names of runtime/runtime2.go. Addresses are ints, and nil is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "MAX_STACK",
    "NEW_G",
    "SCHED_COUNTERS",
    "Bubble",
    "G",
    "GConstants",
    "Gobuf",
    "LabelSet",
    "M",
    "P",
    "Sched",
    "Stack",
    "is_dead",
    "is_waiting",
]

# g statuses (runtime2.go); their names are read from the binary
GIDLE = 0
GRUNNABLE = 1
GRUNNING = 2
GSYSCALL = 3
GWAITING = 4
GDEAD = 6
GPREEMPTED = 9  # stopped by suspendG, which alone resumes it; it has no wait reason
GLEAKED = 10  # since go1.26: found unreachable by the garbage collector
GDEADEXTRA = 11  # since go1.26: dead, and attached to an extra M
SCAN = 0x1000  # _Gscan, a bit beside the status: the collector owns the goroutine's stack

_PAGE = 4096  # bytes; Linux maps nothing in the first page of the address space
MAX_STACK = 1 << 30  # bytes: the largest stack of a goroutine (newstack in stack.go)
_SPAN = 64 << 20  # bytes: Linux maps nothing else so near to the first stack (mmap_base in mmap.c)
_LOWEST_THREAD_STACK = 1 << 32  # Linux maps the stacks of threads far above

NEW_G = "the new g"  # the label of a goroutine that has no goid yet


class Stack(NamedTuple):
    """A stack's bounds: it spans [lo, hi) and grows down from hi.

    C libraries that cannot tell the bounds of a stack, such as musl, leave lo of g0 0
    (x_cgo_getstackbound in runtime/cgo). mstart0 (proc.go) then takes hi for the size, so that g0
    seems to span the whole address space. While cgo starts a thread, lo of its g0 is 0 and hi is
    the size of the stack (_cgo_sys_thread_start).
    """

    lo: int
    hi: int

    @property
    def size(self) -> int:
        """The size in bytes; it means nothing unless `lo_known`."""
        return self.hi - self.lo

    @property
    def lo_known(self) -> bool:
        """Whether lo is the end of a stack that begins at hi, and not an absurd value."""
        return self.lowest == self.lo

    @property
    def lowest(self) -> int:
        """The lowest address that counts as on the stack: lo, or an estimate if it is not known."""
        return _lowest(self.lo, self.hi)

    def __contains__(self, address: object) -> bool:
        # hi is included: sp is there while the stack is empty
        return isinstance(address, int) and self.lowest <= address <= self.hi


def _lowest(lo: int, hi: int) -> int:
    known = lo >= _PAGE and 0 <= hi - lo <= MAX_STACK
    return lo if known else max(hi - _SPAN, _LOWEST_THREAD_STACK)


class Gobuf(NamedTuple):
    """The registers that gogo loads to resume a goroutine (gobuf), and where they are saved."""

    address: int
    sp: int
    pc: int
    g: int
    ctxt: int
    lr: int
    bp: int
    ret: int | None = None  # None since go1.25, which has no such field


class GConstants(NamedTuple):
    """What all gs of a binary share: names of statuses and wait reasons, the offset of sched."""

    statuses: Sequence[str]  # gStatusStrings (traceback.go)
    wait_reasons: Sequence[str]  # waitReasonStrings (runtime2.go)
    gobuf_offset: int = 0  # bytes from a g to g.sched

    def status_name(self, status: int) -> str:
        """Return the name of a g status, followed by " (scan)" if its scan bit is set."""
        plain = status & ~SCAN
        name = self.statuses[plain] if plain < len(self.statuses) else ""
        return (name or f"status {plain}") + (" (scan)" if status & SCAN else "")

    def wait_reason(self, code: int) -> str:
        """Return the name of a wait reason, or its number if it has none; "" for 0."""
        if code < len(self.wait_reasons):
            return self.wait_reasons[code]
        return f"wait reason {code}" if code else ""

    def status_and_reason(self, status: int, code: int) -> tuple[str, str]:
        """Return the names of both; the reason is "" if it is left over from an earlier wait."""
        return self.status_name(status), self.wait_reason(code) if is_waiting(status) else ""


def is_waiting(status: int) -> bool:
    """Report whether g.waitreason of a g in this status is current, not left over."""
    return status & ~SCAN in (GWAITING, GLEAKED)


def is_dead(status: int) -> bool:
    """Report whether a g in this status holds no goroutine."""
    return status & ~SCAN in (GDEAD, GDEADEXTRA)


class G(NamedTuple):
    """A goroutine, or one of the two system stacks of an M (g0, gsignal).

    There may be a million, so this is a plain tuple of what lies in memory, and everything that
    has to be computed is a property. `system_name` is "g0", "m1.g0" or "m1.gsignal", and "" for
    a goroutine. `unreadable` says why no other field is valid, or is "".
    """

    address: int
    system_name: str
    constants: GConstants
    unreadable: str
    stack_lo: int
    stack_hi: int
    stackguard0: int
    stackguard1: int
    m: int
    sched_sp: int
    sched_pc: int
    sched_g: int
    sched_ctxt: int
    sched_ret: int | None  # None: this Go release has no such field
    sched_lr: int
    sched_bp: int
    syscallsp: int
    syscallpc: int
    syscallbp: int | None  # likewise
    atomicstatus: int
    goid: int
    schedlink: int
    waitsince: int  # ns by runtime.nanotime, 0 when not recorded
    waitreason_code: int
    lockedm: int
    parent_goid: int | None  # likewise
    gopc: int
    startpc: int
    waiting: int | None  # likewise; the address of the first sudog that it waits with
    bubble: int | None  # likewise; the address of its synctest bubble
    labels: int  # the address of its profiler labels

    @property
    def name(self) -> str:
        """The name that commands accept: "g0", "m1.gsignal", the goid; "new" without a goid."""
        if self.unreadable:
            return self.system_name or f"{self.address:#x}"
        return self.system_name or (str(self.goid) if self.goid else "new")

    @property
    def label(self) -> str:
        """The name for people: "g0", "m1.gsignal", "g17"; `NEW_G` without a goid."""
        name = self.name
        if name == "new":
            return NEW_G
        return f"g{name}" if name.isdigit() else name

    @property
    def status(self) -> str:
        """The name of the status, "?" if the g is unreadable."""
        return "?" if self.unreadable else self.constants.status_name(self.atomicstatus)

    @property
    def waitreason(self) -> str:
        """The name of the wait reason; it is left over unless `is_waiting`."""
        return "" if self.unreadable else self.constants.wait_reason(self.waitreason_code)

    @property
    def stack(self) -> Stack:
        """The bounds of the stack."""
        return Stack(self.stack_lo, self.stack_hi)

    @property
    def sched(self) -> Gobuf:
        """The gobuf in which the registers are saved while the g is not running."""
        return Gobuf(
            self.address + self.constants.gobuf_offset,
            self.sched_sp,
            self.sched_pc,
            self.sched_g,
            self.sched_ctxt,
            self.sched_lr,
            self.sched_bp,
            self.sched_ret,
        )

    def stack_contains(self, address: int) -> bool:
        """Report whether an address is on the stack; hi, where an empty stack's sp is, counts."""
        hi = self.stack_hi
        return _lowest(self.stack_lo, hi) <= address <= hi and not self.unreadable

    @property
    def is_system(self) -> bool:
        """Whether this is a system stack of an M, a g0 or a gsignal."""
        return self.system_name.endswith(("g0", "gsignal"))

    @property
    def is_waiting(self) -> bool:
        """Whether the wait reason is current (_Gwaiting, _Gleaked)."""
        return is_waiting(self.atomicstatus)

    @property
    def is_dead(self) -> bool:
        """Whether it holds no goroutine (_Gdead, _Gdeadextra)."""
        return is_dead(self.atomicstatus)


class Bubble(NamedTuple):
    """A bubble of testing/synctest, by the name that tracebacks give it: "bubble" and its id.

    In go1.24 (GOEXPERIMENT=synctest) it is "group" and the goid of the goroutine that made it.
    """

    kind: str
    id: int
    idle: Sequence[bool] = ()  # by wait reason: isIdleInSynctest (runtime2.go), () if unknown
    unreadable: str = ""  # why `id` is not valid

    def is_durable(self, status: int, reason: int) -> bool | None:
        """Report whether one of its gs, with this status and wait reason, is durably blocked.

        Only goroutines of the bubble can wake such a g up, and synctest.Wait does not wait for it.
        None if the program does not say which waits are durable.
        """
        if status & ~SCAN != GWAITING:
            return False
        return self.idle[reason] if reason < len(self.idle) else None


class LabelSet(NamedTuple):
    """The profiler labels of a goroutine (runtime/pprof.Do): keys and values, sorted by key.

    Bytes that are not UTF-8 are lone surrogates (PEP 383).
    """

    pairs: tuple[tuple[str, str], ...] = ()
    unreadable: str = ""  # why `pairs` is not valid

    def has(self, label: str) -> bool:
        """Report whether a label is in the set, given by its key or as KEY=VALUE."""
        return any(label in (key, f"{key}={value}") for key, value in self.pairs)

    def value(self, key: str) -> str | None:
        """Return the value of the label with this key, None if there is none."""
        return dict(self.pairs).get(key)


class M(NamedTuple):
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
    unreadable: str = ""  # why no other field is valid


class P(NamedTuple):
    """A processor: the right to run Go code, and a queue of runnable gs."""

    address: int
    id: int
    status: str
    m: int
    link: int
    schedtick: int
    syscalltick: int
    runqhead: int
    runqtail: int
    runq: tuple[int, ...]  # the addresses of the queued gs, the next to run first
    runnext: int
    unreadable: str = ""  # why no other field is valid


class Sched(NamedTuple):
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
    lastpoll: int  # ns by runtime.nanotime, 0 while a thread polls the network
    runqsize: int
    runq: tuple[int, ...]  # addresses of the gs in the global queue, the next to run first
    midle: tuple[int, ...]  # addresses of the idle Ms, the next to be woken first
    pidle: tuple[int, ...]  # addresses of the idle Ps, the next to be taken first
    gfree: int  # how many dead gs are kept for reuse
    unreadable: str = ""  # why no other field is valid


_OTHER_SCHED_FIELDS = ("address", "runqsize", "runq", "midle", "pidle", "gfree", "unreadable")
SCHED_COUNTERS = tuple(name for name in Sched._fields if name not in _OTHER_SCHED_FIELDS)
"""The fields of `Sched` that are a number of the same name in schedt."""
