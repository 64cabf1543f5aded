"""go-stacks at moments when a goroutine's thread has just left its stack, or is about to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.builds import Compile
from tests.support.output import number
from tests.support.session import ENVIRONMENT, Open, Session

DEEPEST = 200  # main.go: grows(DEEPEST)
CLOSURE = {"grow": "main.main.func1", "preempt": "main.main.func2", "ask": "main.main.func3"}
END = "runtime.goexit"


def begun(open_gdb: Open, compiled: Compile, moment: str, function: str) -> Session:
    """The program where the goroutine that the moment is about first comes to its function."""
    session = open_gdb(compiled("moments"))
    session.run(f"set exec-wrapper {ENVIRONMENT} GODEBUG=asyncpreemptoff=1")
    session.run(f"break {function}")
    assert "hit Breakpoint 1" in session.run(f"run {moment}")
    session.run("delete 1")
    session.run("set $mine = $go_curg()")
    return session


def stop_at(session: Session, place: str, more: str = "") -> None:
    """Go on to where a thread is in that place on the goroutine's behalf."""
    session.run(f"break {place} if $go_curg() == $mine{more}")
    said = session.run("continue")
    assert "hit Breakpoint 2" in said, said


def goroutine(session: Session) -> dict[str, Any]:
    """The goroutine that the selected thread is bound to, whatever stack it is on."""
    goid = number(session, "$go_curg().goid")
    told = json.loads(session.run(f"go-stacks {goid} --frames 400 --json"))["goroutines"]
    (found,) = told
    assert found["ended"] is None
    return dict(found)


def functions(found: dict[str, Any]) -> list[str]:
    return [frame["function"] for frame in found["frames"]]


@pytest.mark.parametrize("stop", ["runtime.morestack", "runtime.newstack"])
def test_about_to_grow(open_gdb: Open, compiled: Compile, stop: str) -> None:
    """On its own stack, in morestack, and on g0's, in newstack: the callers are the same.

    Each time the stack is full anew it is deeper, and on a stack of twice the size.
    """
    session = begun(open_gdb, compiled, "grow", "main.grows")
    # nobody is asked to give way, as sysmon does of one that a debugger holds for long
    stop_at(session, f"*'{stop}'", " && $mine.stackguard0 < 0xfffffffffffff000")
    depth, size = 0, 1024
    for _ in range(4):
        found = goroutine(session)
        seen = functions(found)
        if stop == "runtime.morestack":
            assert seen.pop(0) == stop
        deep = seen.count("main.grows")
        assert seen == ["main.grows"] * deep + [CLOSURE["grow"], END]
        # the innermost has not done anything yet, all others stand at their call
        first, *others = [f["line"] for f in found["frames"] if f["function"] == "main.grows"]
        assert first < min(others)
        assert len(set(others)) == 1
        assert deep > depth
        assert found["stack"]["size"] == 2 * size
        depth, size = deep, found["stack"]["size"]
        # a thread that is switched away while GDB has it step over a breakpoint hits it again
        for _ in range(10):
            session.run("continue")
            if number(session, "$mine.stack.hi - $mine.stack.lo") > size:
                break
    assert depth < DEEPEST


def test_preempted_by_a_prologue(open_gdb: Open, compiled: Compile) -> None:
    """The guard was made to fail, and the goroutine comes to newstack with room to spare."""
    session = begun(open_gdb, compiled, "preempt", "main.spins")
    stop_at(session, "*'runtime.newstack'", " && $mine.stackguard0 == 0xfffffffffffffade")
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
    # and where it then waits for a CPU it has the same frames
    session.run("delete 2")
    session.run("break runtime.schedule")
    session.run("continue")
    later = goroutine_named(session, goid)
    assert functions(later) == seen
    assert later["status"] in ("runnable", "preempted")  # that the collector had suspended


def goroutine_named(session: Session, goid: int) -> dict[str, Any]:
    (found,) = json.loads(session.run(f"go-stacks {goid} --json"))["goroutines"]
    return dict(found)


def test_asking_the_vdso(open_gdb: Open, compiled: Compile) -> None:
    """On g0's stack, in the kernel's code: the goroutine is where it asked."""
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
