"""Check the variables that were found in a program's code against each other in its memory.

The runtime's variables refer to each other: allgptr to the array of allgs, m0 to g0, each p in allp
to its index. A variable that was taken for another one does not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.layout import Layouts, Struct, required
from gogdb.inferior.memory import Memory

__all__ = ["LiveChecks"]

_MAX_MS = 10_000  # sched.maxmcount (proc.go)
_MAX_PS = 1 << 16
_ALL_GS = ("runtime.allgs", "runtime.allgptr", "runtime.allglen")
_BEFORE_MAIN = 2  # gs: the main goroutine's, and with cgo that of an extra M (mstartm0)
_FEW = 4  # gs of allgs that are looked at
_MAX_STATUS = 16  # of a g without the bit _Gscan, in any release
_STATUS = 0xFFFF_EFFF  # a uint32 without _Gscan (runtime2.go)
_LOWEST, _HIGHEST = 1 << 12, 1 << 47  # addresses of user space
_MAX_CPUS = 1 << 16
_IN_TRANSIT = 4  # Ms that may be counted, and not on allm, or the other way round


class _RefutedError(Exception):
    """A word that has to be a pointer cannot be one."""


class LiveChecks:
    """The checks of one program at one stop.

    `schedt` is the layout of runtime.sched. `find` returns a variable's address, 0 if it has not
    been found.
    """

    def __init__(
        self,
        memory: Memory,
        layouts: Layouts,
        schedt: Struct | None,
        find: Callable[[str], int],
    ) -> None:
        self._memory = memory
        self._layouts = layouts
        self._schedt = schedt
        self._find = find

    def verdicts(self) -> Mapping[str, bool | None] | None:
        """Return whether each variable is what it was taken for; None before the runtime has begun.

        It is None for one that cannot be checked because memory cannot be read. Between two steps
        of the runtime, such as in the middle of procresize, a variable may be refuted that is
        right: ask again at the next stop.
        """
        if not self._has_begun():
            return None
        verdicts = [(names, _verdict(check)) for names, check in self._checks()]
        return {name: verdict for names, verdict in verdicts for name in names}

    def _has_begun(self) -> bool:
        """Report whether there is a goroutine, whose g is on allgs; True if memory cannot tell.

        Without any of the variables that tell it, nothing is checked.
        """
        try:
            return any(any(self._memory.read(at, 8)) for at in map(self._find, _ALL_GS) if at)
        except Unreadable:
            return True

    def _checks(self) -> Iterator[tuple[tuple[str, ...], Callable[[], bool]]]:
        """Yield the variables that are found, with the check of them."""
        for names, check in (
            (("runtime.g0", "runtime.m0"), self._first_thread),
            (_ALL_GS, self._all_gs),
            (("runtime.allm",), self._all_ms),
            (("runtime.allp",), self._all_ps),
            (("runtime.gomaxprocs",), self._gomaxprocs),
            (("runtime.numCPUStartup",), self._cpus),
            (("runtime.sched",), self._sched),
            (("runtime.argc", "runtime.argv"), self._arguments),
            (("runtime.mainStarted",), self._main_started),
        ):
            if all(map(self._find, names)):
                yield names, check

    def _first_thread(self) -> bool:
        g0, m0 = self._find("runtime.g0"), self._find("runtime.m0")
        m, g = self._offset("runtime.g", "m"), self._offset("runtime.m", "g0")
        return (self._word(g0 + m), self._word(m0 + g)) == (m0, g0)

    def _all_gs(self) -> bool:
        array, length, capacity = self._words(self._find("runtime.allgs"), 3)
        pointer = self._word(self._find("runtime.allgptr"))
        if (pointer, self._word(self._find("runtime.allglen"))) != (array, length):
            return False
        if not 0 < length <= capacity:
            return False
        return all(map(self._is_g, self._words(self._pointer(array), min(length, _FEW))))

    def _is_g(self, address: int) -> bool:
        status, lo, hi = (
            self._word(address + self._offset("runtime.g", field))
            for field in ("atomicstatus", "stack.lo", "stack.hi")
        )
        return status & _STATUS <= _MAX_STATUS and lo <= hi

    def _all_ms(self) -> bool:
        """Check that the list ends with m0, which was made first."""
        return self._ms[-1:] == [self._find("runtime.m0")]

    @cached_property
    def _ms(self) -> Sequence[int]:
        """The list that begins with runtime.allm; empty if it does not end."""
        link, address = self._offset("runtime.m", "alllink"), self._word(self._find("runtime.allm"))
        found: list[int] = []
        while address:
            if len(found) == _MAX_MS:
                return ()
            found.append(self._pointer(address))
            address = self._word(address + link)
        return found

    def _all_ps(self) -> bool:
        array, length, capacity = self._words(self._find("runtime.allp"), 3)
        if not 0 < length <= min(capacity, _MAX_PS):
            return False
        offset = self._offset("runtime.p", "id")
        ids = (self._int32(p + offset) for p in self._words(self._pointer(array), length))
        return all(each == index for index, each in enumerate(ids))

    def _gomaxprocs(self) -> bool:
        return self._int32(self._find("runtime.gomaxprocs")) == self._word(
            self._find("runtime.allp") + 8
        )

    def _cpus(self) -> bool:
        return 0 < self._int32(self._find("runtime.numCPUStartup")) <= _MAX_CPUS

    def _sched(self) -> bool:
        """Check that as many Ms have been made and not freed as are on allm."""
        if self._schedt is None:
            return True
        address = self._find("runtime.sched")
        view = self._schedt.view(self._memory.read(address, self._schedt.size))
        made, freed, limit = view["mnext"], view["nmfreed"], view["maxmcount"]
        return 0 <= freed < made <= limit and abs(made - freed - len(self._ms)) <= _IN_TRANSIT

    def _arguments(self) -> bool:
        """Check that argc lies below argv, where the kernel has put them."""
        argv = self._pointer(self._word(self._find("runtime.argv")))
        return self._word(argv - 8) == self._int32(self._find("runtime.argc"))

    def _main_started(self) -> bool:
        """Check that it is set once runtime.main has started goroutines (proc.go)."""
        value = self._memory.read(self._find("runtime.mainStarted"), 1)
        count = self._word(self._find("runtime.allglen"))
        return value == b"\1" or (value == b"\0" and count <= _BEFORE_MAIN)

    def _offset(self, name: str, field: str) -> int:
        return required(self._layouts, name).offset(field)

    def _pointer(self, word: int) -> int:
        """Return a word that is the address of words. Raises `_RefutedError` if it cannot be."""
        if word % 8 or not _LOWEST <= word < _HIGHEST:
            raise _RefutedError
        return word

    def _word(self, address: int) -> int:
        return self._words(address, 1)[0]

    def _words(self, address: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}Q", self._memory.read(address, 8 * count))

    def _int32(self, address: int) -> int:
        return int.from_bytes(self._memory.read(address, 4), "little")


def _verdict(check: Callable[[], bool]) -> bool | None:
    """Return whether a check holds, None if it cannot be made because memory cannot be read."""
    try:
        return check()
    except _RefutedError:
        return False
    except GogdbError:
        return None
