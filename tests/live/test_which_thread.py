"""Which thread is which M where m.procid is not the thread's id in GDB."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.parked import attach_to
from tests.support.session import Open, Session


@contextmanager
def started(*command: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a program, and yield it and the first line that it prints; "" if it ends before."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().rstrip("\n")
        finally:
            process.kill()


@pytest.fixture
def in_a_namespace(compiled: Compile) -> Iterator[int]:
    """A program in a pid namespace of its own; its process id outside."""
    unshare = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
    with started(*unshare, compiled("parked", *DEBUG)) as (process, line):
        if line != "parked":
            assert process.stderr is not None
            pytest.skip(f"this machine permits no pid namespace: {process.stderr.read().strip()}")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        yield int(children.read_text())


@pytest.fixture
def forked(compiled: Compile) -> Iterator[int]:
    """The child of a program that has called fork."""
    with started(compiled("forked", *DEBUG)) as (_, line):
        yield int(line)


def namespaced(pid: int, lwp: int) -> int:
    """Return the id of a thread in its own pid namespace."""
    status = Path(f"/proc/{pid}/task/{lwp}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("NSpid:"))
    return int(line.split()[-1])


def test_other_pid_namespace(in_a_namespace: int, open_gdb: Open) -> None:
    session = open_gdb(width=100)
    attach_to(session, in_a_namespace)
    ms = json.loads(session.run("go-gmp m --json"))["ms"]
    threads = {m["id"]: m["thread"] for m in ms}
    lwps = json.loads(session.value("[t.ptid[1] for t in gdb.selected_inferior().threads()]"))
    assert sorted(thread["lwp"] for thread in threads.values()) == sorted(lwps)
    for m in ms:
        assert namespaced(in_a_namespace, m["thread"]["lwp"]) == m["procid"]
        assert m["procid"] != m["thread"]["lwp"]
    page = session.run("go-gmp")
    assert f"{threads[0]['lwp']} (1)" in page
    assert f"(thread {threads[0]['lwp']})" in page
    assert "in parentheses m.procid" in page
    check_system_stacks(session, threads)


def check_system_stacks(session: Session, threads: dict[int, dict[str, int]]) -> None:
    """Compare where each M is on its g0 with the pc of its thread."""
    stacks = json.loads(session.run("go-stacks --all --system --json"))["goroutines"]
    tops = {g["name"]: g["frames"][0] for g in stacks if g["frames"]}
    compared = 0
    for m, thread in threads.items():
        top = tops.get(f"m{m}.g0" if m else "g0")
        session.run(f"thread {thread['number']}")
        pc, sp = (int(session.value(f"int(gdb.parse_and_eval('${r}'))")) for r in ("pc", "sp"))
        if top and int(top["sp"], 16) == sp:
            assert int(top["pc"], 16) == pc
            compared += 1
    assert compared > 1


def test_child_of_fork(forked: int, open_gdb: Open) -> None:
    """One M has a thread; what the others last did in the parent is not said to be true here."""
    session = open_gdb(width=100)
    attach_to(session, forked)
    ms = json.loads(session.run("go-gmp m --json"))["ms"]
    (alive,) = [m for m in ms if m["thread"]]
    assert alive["thread"]["lwp"] == forked
    assert alive["curg"] == 1
    assert len(ms) > 4
    stacks = json.loads(session.run("go-stacks --all --system --json"))["goroutines"]
    rows = {g["name"]: g for g in stacks}
    assert rows["g1"]["frames"][-2]["function"] == "runtime.main"
    assert "syscall.RawSyscall" in [frame["function"] for frame in rows["g1"]["frames"]]
    for m in ms:
        if m is not alive:
            name = f"m{m['id']}.g0" if m["id"] else "g0"
            assert rows[name]["frames"] == []
            assert (
                rows[name]["ended"]
                == f"m{m['id']} has no thread, so there are no registers of {name}"
            )
            assert "the gobuf may hold old values" in " ".join(
                session.run(f"go-gobuf {name}").split()
            )
    page = session.run("go-gmp m")
    assert page.count("has no thread") == len(ms) - 1
    assert " idle" not in page
    for g in stacks:
        if g["status"] == "syscall":  # where it entered the call is in memory
            assert "main.sleeps" in [frame["function"] for frame in g["frames"]]
