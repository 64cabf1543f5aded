"""The program's threads at one stop: their registers, and which M each of them is.

m.procid is the id by which a thread knows itself (minit in runtime/os_linux.go). A debugger outside
the program's pid namespace knows it by another, and after fork the child has Ms whose threads exist
in the parent only. Then a thread's local storage tells its M: the current g, and its g.m.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from gogdb.errors import GogdbError
from gogdb.inferior.arch import Registers
from gogdb.inferior.protocol import Target, Thread
from gogdb.runtime.model import M

__all__ = ["Threads", "running_notes"]

_FEW = 24  # threads asked one by one, before the others are read together
_NAMED = 8  # running threads that a note names


def running_notes(running: Sequence[Thread]) -> list[str]:
    """Return a note that these threads run, if there are any."""
    if not running:
        return []
    names = ", ".join(f"{thread.number} (LWP {thread.lwp})" for thread in running[:_NAMED])
    more = f" and {len(running) - _NAMED} more" if len(running) > _NAMED else ""
    text = f"thread {names} is" if len(running) == 1 else f"threads {names}{more} are"
    return [
        f"{text} running: their registers are not known, and what they change while it is read "
        "need not fit together"
    ]


class Threads:
    """The threads of `target` at one stop; what has been read is kept.

    `ms` are the Ms that may have a thread, the oldest first. `m_of` returns the address of a
    thread's M, given the registers, 0 if it has none.
    """

    def __init__(
        self,
        target: Target,
        ms: Sequence[M] = (),
        m_of: Callable[[Registers], int] = lambda registers: 0,
    ) -> None:
        self._target = target
        self._ms = ms
        self._m_of = m_of
        self._registers: dict[Thread, Registers] = {}
        self._one_by_one = True

    @cached_property
    def all(self) -> Sequence[Thread]:
        """All threads, by their number in GDB."""
        return self._target.threads()

    @property
    def running(self) -> Sequence[Thread]:
        """The threads that run at this moment, so that nothing is known of their registers."""
        return [thread for thread in self.all if thread.running]

    def of(self, m: M) -> Thread | None:
        """Return the thread of an M, None if it has none."""
        if (thread := self._by_m.get(m.address)) or m.procid or len(self.all) != 1:
            return thread
        # m0 until minit: it has no procid, and is on no list before mcommoninit
        return self.all[0] if not self._ms or m.address == self._ms[0].address else None

    @property
    def without_m(self) -> Sequence[Thread]:
        """The threads that have no M: C code made them, or they are on their way to minit.

        One that runs is left out, as its M may not be known. None before there are Ms.
        """
        if not self._ms:
            return []
        found = (self.of(m) for m in self._ms)
        numbers = {thread.number for thread in found if thread}
        return [each for each in self.all if each.number not in numbers and not each.running]

    def has_none(self, m: M) -> bool:
        """Report whether an M has no thread, and none without an M can be its."""
        if self.of(m) is not None:
            return False
        return m.procid != 0 or not any(t.running or not m.curg for t in self._left)

    @cached_property
    def _left(self) -> Sequence[Thread]:
        """The threads of no M that is known.

        One that runs may be of any M without m.procid. One that stands may be of an M that newm has
        made, and be on its way to minit; an extra M has a curg before it has a thread (oneNewExtraM
        in proc.go).
        """
        return self._rest(self._by_m)

    @cached_property
    def _by_m(self) -> Mapping[int, Thread]:
        """The threads by the address of their M."""
        found: dict[int, Thread] = {}
        ids = self._target.thread_ids(self.all)
        self._match_ids(found, ids)
        self._match_tls(found)
        if not ids:
            self._match_ids(found, {thread.lwp: thread.lwp for thread in self.all})
        return found

    def _match_ids(self, found: dict[int, Thread], ids: Mapping[int, int]) -> None:
        """Find threads by m.procid; `ids` are what they know themselves by, by LWP."""
        own = {ids[thread.lwp]: thread for thread in self._rest(found) if thread.lwp in ids}
        for m in self._ms:
            if m.address not in found and m.procid in own:
                found[m.address] = own[m.procid]

    def _match_tls(self, found: dict[int, Thread]) -> None:
        """Find the threads of the other Ms by the current g in their local storage."""
        missing = {m.address for m in self._ms} - found.keys()
        for thread in self._rest(found) if missing else ():
            address = self._m_by_tls(thread)
            if address in missing:
                found[address] = thread

    def _rest(self, found: Mapping[int, Thread]) -> Sequence[Thread]:
        """Return the threads that are of no M in `found`."""
        numbers = {thread.number for thread in found.values()}
        return [thread for thread in self.all if thread.number not in numbers]

    def _m_by_tls(self, thread: Thread) -> int:
        try:
            return self._m_of(self.registers(thread))
        except GogdbError:
            return 0

    def registers(self, thread: Thread) -> Registers:
        """Return the registers of a thread. Raises `GogdbError`."""
        known = self._registers
        if thread not in known and self._one_by_one and len(known) >= _FEW:
            self._one_by_one = False
            others = [other for other in self.all if other not in known]
            known.update(self._target.registers_of(others))
        if thread not in known:
            known[thread] = self._target.registers(thread)
        return known[thread]
