"""The threads at one stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.arch import Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.protocol import Target, Thread
from gogdb.runtime.threads import Threads

GONE = 15  # its registers cannot be read


class Stopped:
    """A program with `count` threads, which counts how it is asked."""

    def __init__(self, count: int) -> None:
        self._threads = [Thread(number, 1000 + number) for number in range(1, count + 1)]
        self.listed = 0
        self.alone: list[int] = []
        self.together: list[list[int]] = []

    def threads(self) -> Sequence[Thread]:
        self.listed += 1
        return self._threads

    def registers(self, thread: Thread) -> Registers:
        self.alone.append(thread.number)
        if thread.number == GONE:
            raise GogdbError("no such process")
        return Registers(AMD64, {"rip": thread.number})

    def registers_of(self, threads: Sequence[Thread]) -> Mapping[Thread, Registers]:
        self.together.append([thread.number for thread in threads])
        present = (thread for thread in threads if thread.number != GONE)
        return {thread: Registers(AMD64, {"rip": thread.number}) for thread in present}


def test_many_threads_are_read_together() -> None:
    stopped = Stopped(20)
    threads = Threads(cast(Target, stopped))
    for thread in threads.all:
        if thread.number != GONE:
            assert threads.registers(thread)["rip"] == thread.number
            assert threads.registers(threads.by_lwp[thread.lwp])["rip"] == thread.number
    assert stopped.alone == [1, 2, 3, 4, 5, 6, 7, 8]
    assert stopped.together == [list(range(9, 21))]
    assert stopped.listed == 1
    with pytest.raises(GogdbError, match="no such process"):
        threads.registers(threads.by_lwp[1000 + GONE])


def test_few_threads_are_read_one_by_one() -> None:
    stopped = Stopped(20)
    threads = Threads(cast(Target, stopped))
    for thread in [*threads.all[:8], *threads.all[:8]]:
        threads.registers(thread)
    assert stopped.alone == [1, 2, 3, 4, 5, 6, 7, 8]
    assert stopped.together == []
