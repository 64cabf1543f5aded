"""Which Go releases gogdb supports, and how their runtimes differ.

Ask for a shape before a number: whether a struct has a field or a program has a function. Every
difference between releases that gogdb depends on is named here, with the Go change behind it;
docs/new-go-release.md says what to do about a new one. Two kinds of differences stand elsewhere:
the instruction bytes that the boot walk stops at, and the names that a variable or function had
in older releases (`symbols`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gogdb.inferior.layout import Struct

__all__ = [
    "ASYNC_PREEMPT_FUNCTION",
    "DESCRIPTOR_KIND_MASK",
    "FIELD_CHANGES",
    "HEAP_ARENA_SPANS",
    "NEWEST_TESTED",
    "OLDEST_SUPPORTED",
    "PCLNTAB_MAGICS",
    "UNWINDER",
    "FieldChange",
    "GoVersion",
    "idle_ms_are_manual_list",
    "labels_are_slice",
    "left_p",
    "optional_fields",
    "parse",
    "pclntab_has_start_line",
    "support_notice",
]


class GoVersion(NamedTuple):
    """A Go release, without its patch number."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"go{self.major}.{self.minor}"


OLDEST_SUPPORTED = GoVersion(1, 19)
NEWEST_TESTED = GoVersion(1, 27)


def parse(text: str) -> GoVersion | None:
    """Return the release in a version string, None when it names none.

    Version strings are those of `runtime.Version`: "go1.27.3", "go1.28rc1", "go1.27.3 X:nodwarf5",
    "devel go1.28-3f4ab1c Mon Nov 2".
    """
    release = re.search(r"\bgo(\d+)\.(\d+)", text)
    return GoVersion(int(release[1]), int(release[2])) if release else None


def support_notice(text: str) -> str:
    """Return one line about a version string outside the tested range, "" for one inside."""
    release = parse(text)
    if release is None:
        return f"gogdb cannot tell the Go release of this program from {text!r}"
    if release > NEWEST_TESTED:
        return f"{release} is newer than {NEWEST_TESTED}, the newest Go that gogdb is tested with"
    if release < OLDEST_SUPPORTED:
        return f"{release} is older than {OLDEST_SUPPORTED}, the oldest Go that gogdb supports"
    return ""


class FieldChange(NamedTuple):
    """A field that only some releases have: the first and the last Go 1.x, None where unbounded."""

    struct: str
    path: str
    since: int | None
    until: int | None
    change: str

    def in_release(self, release: GoVersion) -> bool:
        """Report whether structs of this release have the field."""
        return (self.since or 0) <= release.minor <= (self.until or release.minor)


FIELD_CHANGES = (
    FieldChange("runtime.g", "sched.ret", None, 24, "gobuf.ret, a result that gogo loaded"),
    FieldChange("runtime.g", "syscallbp", 23, None, "the frame pointer saved by reentersyscall"),
    FieldChange("runtime.g", "syncGroup", 24, 24, "the group of GOEXPERIMENT=synctest"),
    FieldChange("runtime.g", "bubble", 25, None, "the bubble of testing/synctest"),
    FieldChange("runtime.g", "parentGoid", 21, None, "the goroutine that ran the go statement"),
    FieldChange("runtime.p", "gcStopTime", 22, None, "when stopTheWorld stopped this P"),
    FieldChange("runtime.schedt", "runqsize", None, 24, "moved into gQueue"),
    FieldChange("runtime.schedt", "runq.size", 25, None, "gQueue.size"),
    FieldChange("runtime.schedt", "gFree.n", None, 24, "moved into the two gLists of gFree"),
    FieldChange("runtime.schedt", "gFree.stack.size", 25, None, "gList.size"),
    FieldChange("runtime.schedt", "gFree.noStack.size", 25, None, "gList.size"),
    FieldChange("runtime.schedt", "midle.obj", 26, None, "muintptr became listHeadManual"),
)
"""Fields that gogdb reads and that not every supported release has (runtime2.go)."""


def optional_fields(struct: str) -> frozenset[str]:
    """Return the paths in a struct that some supported release lacks."""
    return frozenset(change.path for change in FIELD_CHANGES if change.struct == struct)


def idle_ms_are_manual_list(schedt: Struct) -> bool:
    """Report whether sched.midle is a listHeadManual (list_manual.go), as it is since go1.26.

    Before, it was the first M, and the Ms were linked by m.schedlink.
    """
    return schedt.find("midle.obj") is not None


def labels_are_slice(g: Struct) -> bool:
    """Report whether g.labels points at a slice of labels, as it does since go1.24.

    Before, runtime/pprof.labelMap was a map. The type is not asked: a program that sets no labels
    does not have it. g.syncGroup, now g.bubble, came with the same release.
    """
    return g.find("bubble", "syncGroup") is not None


SUDOG_CHANNEL, SUDOG_ELEM = ("c.vu", "c"), ("elem.vu", "elem")
"""Where a sudog has its channel and what it is queued for, newest first.

Since go1.26 each is a pair of pointers; the collector follows only the other one, which is nil
while it looks for leaked goroutines (maybeTraceablePtr in runtime2.go).
"""


def left_p(p: int, oldp: int) -> int:
    """Return the P that an M in a system call has left (m.oldp), 0 while it keeps one (m.p).

    Up to go1.25 reentersyscall (proc.go) cleared m.p and gave the P the status _Psyscall, so that
    sysmon could retake it. Since go1.26 the M keeps its P, and _Psyscall is unused.
    """
    return 0 if p else oldp


HEAP_ARENA_SPANS = (0, 0x104000, 0x200000)
"""The offset of `spans` in a heapArena (mheap.go): since go1.22; in go1.20 and go1.21; in go1.19.

Before it came the bitmap of pointers, and noMorePtrs. Which offset is right, the span tells: it
contains the address that it was looked up for.
"""

ASYNC_PREEMPT_FUNCTION = "runtime.asyncPreempt2.func1"
"""What asyncPreempt2 (preempt.go) passes to mcall since go1.26; g.preemptStop says why.

Before it passed gopreempt_m or, if g.preemptStop was set, preemptPark.
"""

DESCRIPTOR_KIND_MASK = 0x1F
"""The kind in abi.Type.Kind_; up to go1.25 the bits above were flags (KindDirectIface)."""

_PCLNTAB_GO_1_18 = 0xFFFFFFF0
_PCLNTAB_GO_1_20 = 0xFFFFFFF1
PCLNTAB_MAGICS = frozenset({_PCLNTAB_GO_1_18, _PCLNTAB_GO_1_20})
"""The first word of a pclntab that gogdb can decode (internal/abi/symtab.go, PCLnTabMagic)."""

UNWINDER = "runtime.(*unwinder).next"
"""The function that walks stacks since go1.21; gentraceback did up to go1.20 (traceback.go)."""


def pclntab_has_start_line(magic: int) -> bool:
    """Report whether `_func` and `inlinedCall` have the layout of go1.20.

    Go 1.20 added startLine to `_func` (runtime2.go), and replaced the file, line and function of
    an `inlinedCall` (symtabinl.go) by nameOff and startLine. The magic changed with it.
    """
    return magic != _PCLNTAB_GO_1_18
