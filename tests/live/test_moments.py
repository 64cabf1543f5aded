"""go-stacks when a goroutine's thread has just left its stack, or is about to leave it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.builds import Compile
from tests.support.output import number
from tests.support.places import PROGRAMS
from tests.support.session import NOT_PREEMPTED, Open, Session

DEEPEST = 200  # main.go: grows(DEEPEST)
CLOSURE = {"grow": "main.main.func1", "preempt": "main.main.func2", "ask": "main.main.func3"}
END = "runtime.goexit"


def begun(open_gdb: Open, compiled: Compile, moment: str, function: str) -> Session:
    """Return a GDB whose program has come to the function of the goroutine under test."""
    session = open_gdb(compiled("moments"))
    session.quietly(NOT_PREEMPTED)
    session.run(f"break {function}")
    assert "hit Breakpoint 1" in session.run(f"run {moment}")
    session.run("delete 1")
    session.run("set $mine = $go_curg()")
    return session


def stop_at(session: Session, place: str, more: str = "") -> None:
    """Continue to where a thread is at `place` for that goroutine."""
    session.run(f"break {place} if $go_curg() == $mine{more}")
    output = session.run("continue")
    assert "hit Breakpoint 2" in output, output


def goroutine(session: Session) -> dict[str, Any]:
    """Return the selected thread's goroutine, whatever stack the thread is on."""
    goid = number(session, "$go_curg().goid")
    answer = json.loads(session.run(f"go-stacks {goid} --frames 0 --json"))["goroutines"]
    (found,) = answer
    assert found["ended"] is None
    return dict(found)


def functions(found: dict[str, Any]) -> list[str]:
    return [frame["function"] for frame in found["frames"]]


def test_frames_0_are_all(open_gdb: Open, compiled: Compile) -> None:
    """A recursion is deeper than the 64 frames that are shown by default."""
    source = (PROGRAMS / "moments/main.go").read_text(encoding="utf-8").splitlines()
    (line,) = [n for n, text in enumerate(source, 1) if text.endswith("// marker: deepest")]
    session = begun(open_gdb, compiled, "grow", "main.grows")
    stop_at(session, f"main.go:{line}")
    found = goroutine(session)
    assert functions(found) == ["main.grows"] * (DEEPEST + 1) + [CLOSURE["grow"], END]
    (limited,) = json.loads(session.run("go-stacks --json"))["goroutines"]
    assert limited["frames"] == found["frames"][:64]
    assert limited["ended"] == "stopped after 64 frames"
    answer = json.loads(session.run("go-stacks --group --frames 0 --where grows --json"))
    (group,) = answer["groups"]
    assert len(group["frames"]) == DEEPEST + 3


@pytest.mark.parametrize("stop", ["runtime.morestack", "runtime.newstack"])
def test_about_to_grow(open_gdb: Open, compiled: Compile, stop: str) -> None:
    """In morestack on its own stack, and in newstack on g0's: the callers are the same.

    Each time the stack is full anew it is deeper, and on a stack of twice the size.
    """
    session = begun(open_gdb, compiled, "grow", "main.grows")
    # no preemption is requested; sysmon does so while a debugger holds a goroutine for long
    stop_at(session, f"*'{stop}'", " && $mine.stackguard0 < 0xfffffffffffff000")
    depth, size = 0, 1024
    for _ in range(4):
        found = goroutine(session)
        seen = functions(found)
        if stop == "runtime.morestack":
            assert seen.pop(0) == stop
        deep = seen.count("main.grows")
        assert seen == ["main.grows"] * deep + [CLOSURE["grow"], END]
        # the innermost is at its first line, all others are at their call
        first, *others = [f["line"] for f in found["frames"] if f["function"] == "main.grows"]
        assert first < min(others)
        assert len(set(others)) == 1
        assert deep > depth
        assert found["stack"]["size"] == 2 * size
        depth, size = deep, found["stack"]["size"]
        # a thread that is preempted while it steps over a breakpoint hits it again
        for _ in range(10):
            session.run("continue")
            if number(session, "$mine.stack.hi - $mine.stack.lo") > size:
                break
    assert depth < DEEPEST


def test_preempted_by_a_prologue(open_gdb: Open, compiled: Compile) -> None:
    """stackPreempt sends the goroutine to newstack although its stack has room."""
    session = begun(open_gdb, compiled, "preempt", "main.spins")
    # by the collector: at sysmon's wish it would be in the global queue, and soon run again
    wish = " && $mine.stackguard0 == 0xfffffffffffffade && 'runtime.sched'.gcwaiting.u.value"
    stop_at(session, "*'runtime.newstack'", wish)
    found = goroutine(session)
    seen = functions(found)
    assert seen == ["main.grows"] * seen.count("main.grows") + [
        "main.spins",
        CLOSURE["preempt"],
        END,
    ]
    assert found["stack"]["guard"] == "0xfffffffffffffade"
    assert found["stack"]["used"] < found["stack"]["size"] // 2
    goid = found["goid"]
    assert "stackPreempt: asked to give way\n" in session.run(f"go-stacks {goid}")
    # it has the same frames while it waits for a CPU
    session.run("delete 2")
    thread = session.value("gdb.selected_thread().num")  # others schedule, too
    session.run(f"break runtime.schedule thread {thread}")
    session.run("continue")
    later = goroutine_named(session, goid)
    assert functions(later) == seen
    assert later["status"] in ("runnable", "preempted")  # suspended by the collector


def goroutine_named(session: Session, goid: int) -> dict[str, Any]:
    (found,) = json.loads(session.run(f"go-stacks {goid} --json"))["goroutines"]
    return dict(found)


def test_in_the_vdso(open_gdb: Open, compiled: Compile) -> None:
    """The thread is in the vDSO on g0's stack; the goroutine is at its call of time.Now."""
    session = begun(open_gdb, compiled, "ask", "main.asks")
    before = goroutine(session)
    stop_at(session, "__vdso_clock_gettime")
    found = goroutine(session)
    seen = functions(found)
    assert functions(before) == ["main.asks", CLOSURE["ask"], END]
    assert seen[-3:] == functions(before)
    assert seen[0].startswith(("time.", "runtime."))
    assert found["frames"][-2]["sp"] == before["frames"][-2]["sp"]
    sp = int(session.value("int(gdb.newest_frame().read_register('rsp'))"))
    assert not int(found["stack"]["lo"], 16) <= sp < int(found["stack"]["hi"], 16)
