"""Which variable of the runtime is where, by the code that uses it.

Each variable has one or more ways to find it: a function, and which of the data that the function
refers to may be the variable. What the functions refer to, and in which order, is the same from
go1.19 to go1.27. A variable whose contents tell what it is may be found in any of the ways; of
another one, all ways have to agree. A function that the program lacks is passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gogdb.inferior.arch.reference import Reference, ReferenceKind

__all__ = ["SCHED_FREEM", "SCHED_LOCK", "VARIABLES", "Way"]

_Uses = Sequence[Reference]  # what one function refers to, in the order of its code
_Select = Callable[[_Uses], list[int]]

# Fields of `runtime.sched`, whose layout tells where it is
SCHED_LOCK, SCHED_FREEM = "sched.lock", "sched.freem"


class Way(NamedTuple):
    """`select` returns the addresses that may be the variable, given what `function` refers to."""

    function: str
    select: _Select


def _distinct(addresses: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(addresses))


def _accesses(uses: _Uses, kind: ReferenceKind, size: int) -> list[int]:
    return _distinct([use.target for use in uses if (use.kind, use.size) == (kind, size)])


def _words(uses: _Uses) -> list[int]:
    """Return the words that are loaded or stored."""
    return _distinct([use.target for use in uses if use.kind != "address" and use.size == 8])


def _addresses(uses: _Uses) -> list[int]:
    """Return what an address is taken of."""
    return _distinct([use.target for use in uses if use.kind == "address"])


def _loads(size: int) -> _Select:
    return lambda uses: _accesses(uses, "load", size)


def _stores(size: int) -> _Select:
    return lambda uses: _accesses(uses, "store", size)


def _nth(index: int, select: _Select) -> _Select:
    return lambda uses: select(uses)[index : index + 1]


def _anywhere(uses: _Uses) -> list[int]:
    return _distinct([use.target for use in uses])


def _grown(uses: _Uses) -> list[int]:
    """Return the slices that are appended to: their three words are loaded or stored."""
    words = _words(uses)
    return [each for each in words if each + 8 in words and each + 16 in words]


def _ranged(uses: _Uses) -> list[int]:
    """Return the slices that are ranged over: pointer and length are loaded."""
    words = _accesses(uses, "load", 8)
    return [each for each in words if each + 8 in words]


def _compared_and_replaced(uses: _Uses) -> list[int]:
    """Return allgptr in `if &allgs[0] != allgptr { atomicstorep(&allgptr, …) }`."""
    addresses = _addresses(uses)
    inside = {each + offset for each in _grown(uses) for offset in (0, 8, 16)}
    return [each for each in _accesses(uses, "load", 8) if each in addresses and each not in inside]


def _stored_atomically(uses: _Uses) -> list[int]:
    """Return allglen in `atomic.Storeuintptr(&allglen, …)`, between lock and unlock of allglock."""
    addresses, words = _addresses(uses), _words(uses)
    return [each for each in addresses[1:] if each not in words][-1:]


def _taken_thrice(uses: _Uses) -> list[int]:
    """Return g0, whose address rt0_go takes more often than any other."""
    counts = Counter(use.target for use in uses if use.kind == "address")
    return [address for address, count in counts.most_common(1) if count >= 3]


def _after_g0(uses: _Uses) -> list[int]:
    """Return what rt0_go takes the address of after g0's: m0, then mainPC."""
    addresses = [use.target for use in uses if use.kind == "address"]
    found = _taken_thrice(uses)
    if not found:
        return []
    last = len(addresses) - addresses[::-1].index(found[0])
    return addresses[last:]


def _set_flags(uses: _Uses) -> list[int]:
    """Return the bools that are set to true."""
    flags = [use for use in uses if (use.kind, use.size, use.immediate) == ("store", 1, 1)]
    return _distinct([use.target for use in flags])


def _tested_flags(uses: _Uses) -> list[int]:
    """Return the bools that are compared with false."""
    flags = [use for use in uses if (use.kind, use.size, use.immediate) == ("load", 1, 0)]
    return _distinct([use.target for use in flags])


def _empty_strings(uses: _Uses) -> list[int]:
    """Return the strings that are compared with "": their second word, the length, with 0."""
    lengths = [use for use in uses if (use.kind, use.size, use.immediate) == ("load", 8, 0)]
    return _distinct([use.target - 8 for use in lengths])


VARIABLES: dict[str, tuple[Way, ...]] = {
    # asm_amd64.s
    "runtime.g0": (Way("runtime.rt0_go", _taken_thrice),),
    "runtime.m0": (
        Way("runtime.rt0_go", _nth(0, _after_g0)),
        Way("runtime.mexit", _nth(0, _addresses)),
        Way("runtime.main", _addresses),
    ),
    "runtime.mainPC": (Way("runtime.rt0_go", _after_g0),),
    "_cgo_init": (Way("runtime.rt0_go", _nth(0, _loads(8))),),
    # proc.go
    "runtime.allgs": (Way("runtime.allgadd", _grown), Way("runtime.forEachG", _ranged)),
    "runtime.allgptr": (
        Way("runtime.allgadd", _compared_and_replaced),
        Way("runtime.forEachGRace", _anywhere),
    ),
    "runtime.allglen": (
        Way("runtime.allgadd", _stored_atomically),
        Way("runtime.forEachGRace", _anywhere),
    ),
    "runtime.allm": (
        Way("runtime.mexit", _nth(2, _addresses)),
        Way("runtime.mcommoninit", _anywhere),
    ),
    "runtime.allp": (Way("runtime.preemptall", _ranged), Way("runtime.procresize", _grown)),
    "runtime.gomaxprocs": (
        Way("runtime.procresize", _nth(0, _loads(4))),
        Way("runtime.procresize", lambda uses: _addresses(uses) + _accesses(uses, "store", 4)),
    ),
    SCHED_LOCK: (
        Way("runtime.mexit", _nth(1, _addresses)),
        Way("runtime.schedinit", _addresses),
    ),
    SCHED_FREEM: (Way("runtime.mexit", _words),),
    "runtime.buildVersion": (Way("runtime.schedinit", _empty_strings),),
    "runtime.mainStarted": (
        Way("runtime.main", _set_flags),
        Way("runtime.newproc.func1", _tested_flags),
    ),
    # os_linux.go
    "runtime.numCPUStartup": (
        Way("runtime.osinit", _nth(0, _stores(4))),
        Way("runtime.schedinit", _loads(4)),
    ),
    # runtime1.go
    "runtime.argc": (Way("runtime.args", _nth(0, _stores(4))),),
    "runtime.argv": (Way("runtime.args", _nth(0, _stores(8))),),
    # signal_unix.go
    "runtime.isarchive": (
        Way("runtime.initsig", _nth(0, _tested_flags)),
        Way("runtime.main", _tested_flags),
    ),
    "runtime.islibrary": (
        Way("runtime.initsig", _nth(1, _tested_flags)),
        Way("runtime.main", _tested_flags),
    ),
    "runtime.sigtable": (Way("runtime.initsig", _addresses),),
    # traceback.go
    "runtime.gStatusStrings": (Way("runtime.goroutineheader", _addresses),),
    "runtime.waitReasonStrings": (
        Way("runtime.goroutineheader", _addresses),
        Way("runtime.waitReason.String", _addresses),
    ),
    # synctest.go
    "runtime.isIdleInSynctest": (
        Way("runtime.waitReason.isIdleInSynctest", _addresses),
        Way("runtime.(*synctestBubble).changegstatus", _addresses),
        Way("runtime.(*synctestGroup).changegstatus", _addresses),
    ),
}
"""By name, the older name where there are two."""
