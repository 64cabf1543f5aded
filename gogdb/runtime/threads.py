"""The program's threads at one stop, with their registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from gogdb.inferior.arch import Registers
from gogdb.inferior.protocol import Target, Thread

__all__ = ["Threads"]

_FEW = 8  # threads asked one by one before all others are read together


class Threads:
    """The threads of `target` at one stop; what has been read is kept."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._registers: dict[Thread, Registers] = {}
        self._one_by_one = True

    @cached_property
    def all(self) -> Sequence[Thread]:
        """All threads, by their number in GDB."""
        return self._target.threads()

    @cached_property
    def by_lwp(self) -> Mapping[int, Thread]:
        """All threads, by their id in the kernel."""
        return {thread.lwp: thread for thread in self.all}

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
