"""Which thread is which M where m.procid is not the thread's id in GDB."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gogdb.runtime import goversion
from tests.support.builds import DEBUG, Compile
from tests.support.container import child_of
from tests.support.parked import attach_to
from tests.support.places import PROGRAMS
from tests.support.process import NotAllowedError, kernel_core, running
from tests.support.session import Open, Session


@contextmanager
def started(*command: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a program, and yield it and the first line that it prints; "" if it ends before."""
    with running(*command) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().rstrip("\n")


UNSHARE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")


@pytest.fixture
def in_a_namespace(compiled: Compile, tmp_path: Path) -> Iterator[int]:
    """A program in a pid namespace of its own, in `tmp_path`; its process id outside."""
    # The kernel spares the first process of a namespace the signals that would end others.
    second = ("env", f"--chdir={tmp_path}", "GOTRACEBACK=crash", "sh", "-c", '"$0"; :')
    with started(*UNSHARE, *second, compiled("parked", *DEBUG)) as (process, line):
        if line != "parked":
            assert process.stderr is not None
            pytest.skip(f"this machine permits no pid namespace: {process.stderr.read().strip()}")
        yield child_of(child_of(process.pid))


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
    (m0,) = (m for m in ms if m["id"] == 0)
    assert f"{m0['thread']['lwp']} ({m0['procid']})" in page
    assert f"(thread {threads[0]['lwp']})" in page
    assert "in parentheses m.procid" in page
    check_system_stacks(session, threads)


def test_boot_in_another_pid_namespace(open_gdb: Open, compiled: Compile, tmp_path: Path) -> None:
    """GDB follows unshare to the program that it starts."""
    session = open_gdb(Path(shutil.which("unshare") or "unshare"), width=100)
    session.quietly("set follow-fork-mode child")
    session.run("catch exec")
    program = compiled("parked", *DEBUG)
    stopped = session.run(f"run {' '.join(UNSHARE[1:])} {program}")
    if f"exec'd {program}" not in stopped:
        pytest.skip(f"this machine permits no pid namespace: {stopped}")
    session.run("go-boot until main-main")
    session.run(f"go-boot report {tmp_path}/report.json")
    claims = {
        (stage["id"], claim["id"]): claim["holds"]
        for stage in json.loads((tmp_path / "report.json").read_text())["stages"]
        for claim in stage["claims"]
    }
    assert claims["schedule", "procid"]
    assert claims["main-main", "thread"]
    assert all(claims.values())
    lwp = int(session.value("gdb.selected_thread().ptid[1]"))
    assert namespaced(int(session.value("gdb.selected_inferior().pid")), lwp) != lwp


def test_core_of_another_pid_namespace_by_gdb(
    in_a_namespace: int, open_gdb: Open, compiled: Compile, tmp_path: Path
) -> None:
    """GDB writes the ids that threads have outside: only their local storage tells the Ms."""
    session, later = open_gdb(), open_gdb(compiled("parked", *DEBUG))
    attach_to(session, in_a_namespace)
    threads = threads_of_ms(session)
    session.run(f"generate-core-file {tmp_path}/core")
    session.run("detach")
    later.run(f"core-file {tmp_path}/core")
    assert threads_of_ms(later) == threads
    assert all(lwp != procid for procid, lwp in threads.values())


def test_core_of_another_pid_namespace_by_the_kernel(
    in_a_namespace: int, open_gdb: Open, compiled: Compile, tmp_path: Path
) -> None:
    """The kernel writes the ids by which the threads know themselves."""
    try:
        core = kernel_core(in_a_namespace, tmp_path)
    except NotAllowedError as error:
        pytest.skip(f"this machine does not allow {error}")
    session = open_gdb(compiled("parked", *DEBUG))
    session.run(f"core-file {core}")
    threads = threads_of_ms(session)
    assert len(threads) > 2
    assert all(lwp == procid for procid, lwp in threads.values())
    listed = session.value("[t.ptid[1] for t in gdb.selected_inferior().threads()]")
    assert sorted(lwp for _, lwp in threads.values()) == sorted(json.loads(listed))


def threads_of_ms(session: Session) -> dict[int, tuple[int, int]]:
    """Return m.procid and the LWP in GDB by the id of an M."""
    ms = json.loads(session.run("go-gmp m --json"))["ms"]
    return {m["id"]: (m["procid"], m["thread"]["lwp"]) for m in ms}


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


@pytest.fixture
def forked_in_c(compiled: Compile, tmp_path: Path, where: str) -> Iterator[int]:
    """The child of a C program with a Go library that has called fork, in C or below Go."""
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler: apt install gcc")
    archive = compiled("forked_c", *DEBUG, "-buildmode=c-archive")
    source, host = PROGRAMS / "forked_c" / "host" / "host.c", tmp_path / "host"
    options = ("-x", "none", archive, "-lpthread")
    subprocess.run(["gcc", "-g", "-o", host, source, *options], check=True)
    with started(host, *([where] if where == "below Go" else [])) as (_, line):
        yield int(line)


@pytest.mark.parametrize("where", ["in C", "below Go"])
def test_child_of_fork_in_c(forked_in_c: int, open_gdb: Open, where: str) -> None:
    """The thread that has forked is C's main thread, and has an M while it runs Go."""
    session = open_gdb(width=100)
    attach_to(session, forked_in_c)
    ms = json.loads(session.run("go-gmp m --json"))["ms"]
    (alive,) = [m for m in ms if m["thread"]]
    assert alive["thread"]["lwp"] == forked_in_c
    assert session.run("go-gmp m").count("has no thread") == len(ms) - 1 > 3
    functions = {
        g["goid"]: [frame["function"] for frame in g["frames"]]
        for g in json.loads(session.run("go-stacks --all --json"))["goroutines"]
    }
    assert sum("main.sleeps" in frames for frames in functions.values()) == 3
    assert ("main.Fork" in functions[alive["curg"]]) == (where == "below Go")


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


def test_threads_that_c_has_made(compiled: Compile, open_gdb: Open, tmp_path: Path) -> None:
    if not shutil.which("gcc"):
        pytest.skip("no gcc: apt install gcc libc6-dev")
    program = compiled("cthreads", *DEBUG)
    live = open_gdb(program, width=100)
    live.run("break main.made")
    live.run("run")
    check_threads_of_c(live)
    core = tmp_path / "core"
    live.run(f"generate-core-file {core}")
    dead = open_gdb(program, width=100)
    dead.run(f"core-file {core}")
    check_threads_of_c(dead)


def check_threads_of_c(session: Session) -> None:
    """Check that the threads in `waits` have no M, but one that keeps it between calls of Go."""
    # since go1.21 (cgoBindM in runtime/cgocall.go)
    keeps_m = minor_version(session) >= 21
    answer = json.loads(session.run("go-gmp m --json"))
    threads = session.value("[t.num for t in gdb.selected_inferior().threads()]")
    of_c = {n for n in json.loads(threads) if "waits" in session.run(f"thread apply {n} bt")}
    assert len(of_c) == 3
    # a thread of Go may be on its way to minit
    without = of_c & {thread["number"] for thread in answer["threads_without_m"]}
    assert len(without) == (2 if keeps_m else 3)
    assert without.isdisjoint(m["thread"]["number"] for m in answer["ms"] if m["thread"])
    page = session.run("go-gmp m")
    assert "without an M, made by C code or not in Go yet: thread " in page
    for number in sorted(without):
        session.run(f"thread {number}")
        assert re.match(
            rf"thread {number} \(LWP \d+\) has no M, and runs no goroutine: ",
            session.run("go-stacks"),
        )


def minor_version(session: Session) -> int:
    """Return 21 for a program of Go 1.21.3."""
    version = goversion.parse(json.loads(session.run("go-gmp sched --json"))["go_version"])
    assert version is not None
    return version.minor
