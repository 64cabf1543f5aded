"""The threads at one stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.arch import Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.protocol import Target, Thread
from gogdb.runtime.model import M
from gogdb.runtime.threads import Threads, running_notes
from gogdb.view.m_state import m_state
from tests.support.factories import m, m_at, runtime

GONE = 15  # its registers cannot be read


class Stopped:
    """A program with `count` threads, which counts how it is asked.

    `ids` are the threads' own ids by LWP, 1001 and up, for those that the OS tells.
    """

    def __init__(self, count: int, ids: Mapping[int, int] | None = None) -> None:
        self._threads = [Thread(number, 1000 + number) for number in range(1, count + 1)]
        self._ids = ids or {}
        self.listed = 0
        self.alone: list[int] = []
        self.together: list[list[int]] = []

    def run(self, number: int) -> None:
        """Let a thread run."""
        self._threads[number - 1] = self._threads[number - 1]._replace(running=True)

    def threads(self) -> Sequence[Thread]:
        self.listed += 1
        return self._threads

    def thread_ids(self, threads: Sequence[Thread]) -> Mapping[int, int]:
        return self._ids

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
    stopped = Stopped(40)
    threads = Threads(cast(Target, stopped))
    for thread in threads.all:
        if thread.number != GONE:
            assert threads.registers(thread)["rip"] == thread.number
            assert threads.registers(thread) is threads.registers(thread)
    assert stopped.alone == [number for number in range(1, 26) if number != GONE]
    assert stopped.together == [[GONE, *range(26, 41)]]
    assert stopped.listed == 1
    with pytest.raises(GogdbError, match="no such process"):
        threads.registers(threads.all[GONE - 1])


def test_few_threads_are_read_one_by_one() -> None:
    stopped = Stopped(20)
    threads = Threads(cast(Target, stopped))
    for thread in [*threads.all[:8], *threads.all[:8]]:
        threads.registers(thread)
    assert stopped.alone == [1, 2, 3, 4, 5, 6, 7, 8]
    assert stopped.together == []


def matched(stopped: Stopped, ms: Sequence[M], by_tls: Mapping[int, int]) -> list[int | None]:
    """Return the number of the thread of each M; `by_tls` has the id of the M of some threads."""
    threads = Threads(
        cast(Target, stopped), ms, lambda registers: m_at(by_tls.get(registers["rip"], -1))
    )
    found = [threads.of(m) for m in ms]
    return [thread.number if thread else None for thread in found]


def same(count: int) -> dict[int, int]:
    return {1000 + number: 1000 + number for number in range(1, count + 1)}


def test_thread_is_found_by_its_own_id() -> None:
    ms = [m(n, procid=1001 + n) for n in range(3)]
    stopped = Stopped(4, same(4))
    assert matched(stopped, ms, {}) == [1, 2, 3]
    assert stopped.alone == []


def test_other_pid_namespace() -> None:
    """m.procid is an id in the program's namespace, even where a thread has it outside."""
    ms = [m(0, procid=1003), m(1, procid=2), m(2, procid=3)]
    ids = {1001: 1003, 1002: 2, 1003: 3}
    assert matched(Stopped(3, ids), ms, {}) == [1, 2, 3]


def test_child_of_fork_has_one_thread() -> None:
    """Its Ms have the procids of the parent's threads; the one that forked has its M in its TLS."""
    ms = [m(n, procid=500 + n) for n in range(3)]
    assert matched(Stopped(1, same(1)), ms, {1: 1}) == [None, 1, None]


def test_thread_before_minit() -> None:
    ms = [m(0, procid=1001), m(1, procid=0)]
    assert matched(Stopped(2, same(2)), ms, {2: 1}) == [1, 2]


def test_core_file() -> None:
    """Its LWPs may be of another namespace: the TLS decides, and m.procid where it says nothing."""
    ms = [m(0, procid=1002), m(1, procid=1001), m(2, procid=1003)]
    assert matched(Stopped(3), ms, {1: 0, 2: 1}) == [1, 2, 3]


def test_only_thread_before_there_is_an_m() -> None:
    stopped = Stopped(1, same(1))
    threads = Threads(cast(Target, stopped))
    assert threads.of(m(0, procid=0)) == threads.all[0]
    assert Threads(cast(Target, Stopped(2, same(2)))).of(m(0, procid=0)) is None


def test_running_thread_may_be_that_of_a_new_m() -> None:
    stopped = Stopped(2, same(2))
    stopped.run(2)
    ms = [m(0, procid=1001), m(1, procid=0), m(2, procid=77)]
    threads = Threads(cast(Target, stopped), ms)
    assert [threads.of(each) is None for each in ms] == [False, True, True]
    assert [threads.has_none(each) for each in ms] == [False, False, True]


def test_thread_without_an_m_may_be_that_of_an_m_being_started() -> None:
    """Between clone and minit neither m.procid nor the TLS says so; an extra M has a curg."""
    ms = [m(0, procid=1001), m(1, procid=0), m(2, procid=0, curg=0x40), m(3, procid=77)]
    threads = Threads(cast(Target, Stopped(2, same(2))), ms)
    assert [threads.has_none(each) for each in ms] == [False, False, True, True]
    alone = Threads(cast(Target, Stopped(1, same(1))), ms)
    assert [alone.has_none(each) for each in ms] == [False, True, True, True]
    states = [m_state(runtime(ms=ms), each, {}, threads) for each in ms]
    assert states[1:] == ["being started", "has no thread", "has no thread"]


def test_threads_without_an_m() -> None:
    stopped = Stopped(4, same(4))
    stopped.run(4)
    threads = Threads(cast(Target, stopped), [m(0, procid=1001), m(1, procid=1003)])
    assert [thread.number for thread in threads.without_m] == [2]
    assert Threads(cast(Target, stopped)).without_m == []


def test_running_threads_are_named() -> None:
    def run(count: int) -> Sequence[Thread]:
        return [Thread(number, 1000 + number, True) for number in range(1, count + 1)]

    assert running_notes([]) == []
    (one,) = running_notes(run(1))
    assert one.startswith("thread 1 (LWP 1001) is running: ")
    (ten,) = running_notes(run(10))
    assert "8 (LWP 1008) and 2 more are running: " in ten
