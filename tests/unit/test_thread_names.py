"""The names of threads: what each M runs or does."""

from __future__ import annotations

from gogdb.view.thread_names import thread_names
from tests.support import factories
from tests.support.factories import g_at, m_at


def test_names() -> None:
    ms = [
        factories.m(0, curg=g_at(1)),
        factories.m(1),
        factories.m(2, curg=g_at(7)),
        factories.m(3),
        factories.m(4, spinning=True),
        factories.m(5, curg=0xDEAD0),
        factories.m(6, curg=g_at(8), procid=0),  # it has no thread
        factories.m(7, unreadable="cannot read"),
        factories.m(8),
    ]
    gs = [factories.g(goid, "running", startpc=0x1000) for goid in (1, 7, 8)]
    runtime = factories.runtime(
        ms=ms, gs=gs, sched={"midle": [m_at(3)]}, function_names={0x1000: "main.start"}
    )
    functions = {g_at(1): "main.work"}
    activities = {m_at(1): "runtime.sysmon", m_at(8): "runtime.futex"}
    numbers = {m.id: thread.number for m in ms if (thread := runtime.threads.of(m))}
    assert thread_names(runtime, functions, activities) == {
        numbers[0]: "g1 main.work",
        numbers[1]: "m1 sysmon",
        numbers[2]: "g7 main.start",
        numbers[3]: "m3 idle",
        numbers[4]: "m4 spinning",
        numbers[5]: "0xdead0",
        numbers[8]: "m8 in futex",
    }
