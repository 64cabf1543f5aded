"""What a signal interrupted, compared with the first lines of the program's own traceback."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go
from tests.support import gdb_log
from tests.support.attaching import check_attached
from tests.support.builds import Builds, Compile
from tests.support.gdb_command import execute, quiet
from tests.support.process import TIMEOUT, waiting_program
from tests.support.schema import schema
from tests.support.session import Open

# What crashes → the signal, and the C function that it interrupts, "" for one of libc's
CRASHES = {
    "abort": ("SIGABRT", ""),
    "store": ("SIGSEGV", "c_stores"),
    "callback": ("SIGSEGV", "c_stores"),
    "overflow": ("SIGSEGV", "c_overflows"),
    "divide": ("SIGFPE", "c_divides"),
    "thread": ("SIGSEGV", "c_stores"),
}
_PRINTED = re.compile(
    r"(?P<name>\w+): .*\n"
    r"PC=(?P<pc>\w+) m=(?P<m>\d+) sigcode=(?P<code>\d+)(?: addr=(?P<address>\w+))?"
)

_THROWN = re.compile(r"\[signal (\w+): .* code=(\w+) addr=(\w+) pc=(\w+)\]")

Crash = Callable[[str], tuple[Path, str]]


@pytest.fixture(scope="module")
def crashes(compiled: Compile) -> Path:
    """The program that crashes in C."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc: apt install gcc libc6-dev")
    return compiled("crashes")


@pytest.fixture(scope="module")
def crash(crashes: Path, tmp_path_factory: pytest.TempPathFactory) -> Crash:
    """Let the program crash in a way, and return its core and what it has printed."""

    @cache
    def crash(how: str) -> tuple[Path, str]:
        work = tmp_path_factory.mktemp(how)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        done = subprocess.run(
            [crashes, how],
            cwd=work,
            env={"GOTRACEBACK": "crash", "GOMAXPROCS": "2"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
        )
        cores = list(work.glob("core*"))
        if len(cores) != 1:
            pytest.skip("the kernel writes no core into the directory of the process: core(5)")
        return cores[0], done.stderr

    return crash


def stacks(gdb: Gdb, work: Path, *arguments: str, commands: str = "--system") -> dict[str, Any]:
    """Return the goroutines of `go-stacks --json` by name, of what GDB's arguments name."""
    out = work / "stacks.json"
    command = [*quiet(gdb.path), "-x", str(paths.gdbinit()), *arguments]
    done = gdb_log.run([*command, *execute([f"go-stacks {commands} --json --out {out}"])])
    check_attached(done.stderr)
    answer = json.loads(out.read_text())
    assert list(schema("go-stacks").iter_errors(answer)) == []
    return {g["name"]: g for g in answer["goroutines"]}


@pytest.mark.parametrize("how", CRASHES)
def test_crash_in_c(gdb: Gdb, crash: Crash, crashes: Path, tmp_path: Path, how: str) -> None:
    core, printed = crash(how)
    every = stacks(gdb, tmp_path, str(crashes), str(core))
    name, function = CRASHES[how]
    first = {
        g["name"]: g["signals"][-1]
        for g in every.values()
        if g["signals"] and g["signals"][-1]["name"] == name
    }
    place = next(iter(first.values()))["interrupted"]
    assert not place["go"]
    assert function in ("", place["function"])
    assert not function or place["file"].endswith("/main.go")
    if how == "thread":  # a thread that Go did not make: nothing is printed
        ((system, found),) = first.items()
        assert system.endswith(".g0")
        assert (found["goroutine"], found["frames"], found["address"]) == (None, [], "0x0")
        return
    if thrown := _THROWN.search(printed):  # up to go1.20 C code panics on g0, and g0 throws
        (found,) = first.values()
        values = (found["name"], hex(found["code"]), found["address"], place["pc"])
        assert values == thrown.groups()
        assert found["panics"]
    else:
        found = check_handled(every, first, printed, how)
    goroutine = every[found["goroutine"]]
    calls = [frame["function"] for frame in found["frames"]]
    assert calls == [frame["function"] for frame in goroutine["frames"]]
    assert calls[0] == "runtime.cgocall"
    assert "main.crash" in calls


def check_handled(
    every: dict[str, Any], first: dict[str, Any], printed: str, how: str
) -> dict[str, Any]:
    """Compare the signals of a handler with the traceback, and return the one that interrupted C.

    `first` are the signals that have interrupted the program, by the goroutines that have them.
    """
    traceback = _PRINTED.search(printed)
    if traceback is None and how == "overflow":
        pytest.skip("up to go1.20 there is no room on the stack to call sigpanic, and it dies")
    assert traceback is not None
    m = traceback["m"]
    found: dict[str, Any] = first[f"m{m}.gsignal"]
    gsignal, goroutine = every[f"m{m}.gsignal"], every[found["goroutine"]]
    assert set(first) == {gsignal["name"], goroutine["name"]}
    assert gsignal["signals"] == goroutine["signals"]
    # with GOTRACEBACK=crash one thread raises SIGABRT to leave a core, since go1.23 this one
    assert {each["name"] for each in gsignal["signals"][:-1]} <= {"SIGABRT"}
    place = found["interrupted"]
    assert place["pc"] == traceback["pc"]
    values = (found["name"], found["code"] & (1 << 64) - 1)
    assert values == (traceback["name"], int(traceback["code"]))
    assert traceback["address"] in (None, found["address"])
    assert (found["sender"] is not None) == (how == "abort")
    g0 = "g0" if m == "0" else f"m{m}.g0"
    assert place["overflows"] == (g0 if how == "overflow" else None)
    return found


@pytest.mark.parametrize("how", ["nil", "call"])
def test_panic_of_a_signal(gdb: Gdb, crash: Crash, crashes: Path, tmp_path: Path, how: str) -> None:
    """sigpanic is on the goroutine's stack, and the goroutine keeps what the signal was."""
    core, printed = crash(how)
    every = stacks(gdb, tmp_path, str(crashes), str(core), commands="--all")
    (g,) = (g for g in every.values() if g["signals"] and g["signals"][-1]["panics"])
    found = g["signals"][-1]
    traceback = _THROWN.search(printed)
    assert traceback is not None
    values = (found["name"], hex(found["code"]), found["address"], found["interrupted"]["pc"])
    assert values == traceback.groups()
    assert found["goroutine"] == g["name"]
    assert found["interrupted"]["function"] == ("main.crash" if how == "nil" else None)
    functions = [frame["function"] for frame in g["frames"]]
    sigpanic = functions.index("runtime.sigpanic")
    assert [frame["function"] for frame in found["frames"]] == functions[sigpanic + 1 :]


def test_page_of_a_core(open_gdb: Open, crash: Crash, crashes: Path, tmp_path: Path) -> None:
    core, _ = crash("callback")
    session = open_gdb(crashes)
    session.run(f"core-file {core}")
    out = tmp_path / "stacks.json"  # GDB warns of other things on the terminal
    session.run(f"go-stacks --system --json --out {out}")
    gs = json.loads(out.read_text())["goroutines"]
    name = next(
        (g["name"] for g in gs if g["signals"] and g["signals"][-1]["name"] == "SIGSEGV"), ""
    )
    if name == "g0":
        pytest.skip("up to go1.20 C code panics on g0, and its handler has returned")
    page = session.run(f"go-stacks {name}")
    assert "! SIGSEGV (11), SEGV_MAPERR at 0x0, interrupted C code that g" in page
    assert "main.goCallback" in page.partition("SIGSEGV")[2]
    thread = re.search(r"→ `(thread apply \d+ backtrace)` shows the calls in C", page)
    assert thread is not None
    assert re.search(r"<signal handler called>\n#\d+ .*c_stores \(", session.run(thread[1]))
    session.run("set gogdb lang zh")
    assert "打断了" in session.run(f"go-stacks {name}")


def test_few_frames_hide_no_signal(gdb: Gdb, crash: Crash, crashes: Path, tmp_path: Path) -> None:
    core, _ = crash("thread")
    every = stacks(gdb, tmp_path, str(crashes), str(core), commands="--system --frames 1")
    (found,) = (g for g in every.values() if g["signals"])
    assert found["name"].endswith(".g0")
    assert found["signals"][0]["interrupted"]["function"] == "c_stores"


def test_live_in_the_handler(open_gdb: Open, crashes: Path) -> None:
    session = open_gdb(crashes)
    session.run("handle SIGSEGV nostop noprint pass")
    session.run("break runtime.sighandler if sig == 11")
    session.run("run store")
    gs = json.loads(session.run("go-stacks --system --json"))["goroutines"]
    handling = [g for g in gs if g["signals"]]
    assert {g["name"].partition(".")[2] for g in handling} == {"gsignal", ""}
    for g in handling:
        (found,) = g["signals"]
        assert (found["name"], found["code_name"]) == ("SIGSEGV", "SEGV_MAPERR")
        assert found["interrupted"]["function"] == "c_stores"


@pytest.mark.parametrize("how", ["nil", "call", "store", "divide", "abort"])
def test_stopped_before_the_handler(open_gdb: Open, crashes: Path, how: str) -> None:
    """The program says the same of the signal when it goes on."""
    session = open_gdb(crashes)
    session.run(f"run {how}")
    session.run("set language pascal")  # expressions for the siginfo are written in another way
    session.run("set output-radix 16")
    pages = " ".join(session.run("go-stacks --system --limit 0").split())
    gs = json.loads(session.run("go-stacks --system --json"))["goroutines"]
    stopped = [g for g in gs if g["signals"]]
    found = stopped[-1]["signals"][0]
    in_go = how in ("nil", "call")
    assert len(stopped) == (1 if in_go else 2)  # C code runs on g0's stack
    assert all(g["signals"] == [found] for g in stopped)
    assert (found["pending"], found["interrupted"]["go"]) == (True, in_go)
    assert found["goroutine"] == stopped[-1]["name"]
    assert pages.count("; its handler has not been called yet") == len(stopped)
    printed = session.run("continue")
    place = found["interrupted"]["pc"]
    if thrown := _THROWN.search(printed):
        assert (found["name"], hex(found["code"]), found["address"], place) == thrown.groups()
    else:
        traceback = _PRINTED.search(printed)
        assert traceback is not None
        assert (found["name"], place) == (traceback["name"], traceback["pc"])
        assert found["code"] & (1 << 64) - 1 == int(traceback["code"])
        assert traceback["address"] in (None, found["address"])


def test_interrupt_is_no_signal_of_the_program(open_gdb: Open, crashes: Path) -> None:
    session = open_gdb(crashes)
    session.run("break main.main")
    session.run("run nil")
    (g,) = json.loads(session.run("go-stacks --json"))["goroutines"]
    assert g["signals"] is None


def test_handler_in_c(gdb: Gdb, go: Go, builds: Builds, tmp_path: Path) -> None:
    """The kernel calls it without sigtramp, and no table says how to unwind it."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc: apt install gcc libc6-dev")
    program = builds.states("cgo", go)
    with waiting_program(program, tmp_path, "system") as (process, _):
        attach = (str(program), "-p", str(process.pid))
        every = stacks(gdb, tmp_path, *attach, commands="--all --where main.handlerInC")
    (g,) = every.values()
    (found,) = g["signals"]
    assert (found["number"], found["name"]) == (None, None)  # installed without SA_SIGINFO
    assert found["goroutine"] == g["name"]
    assert not found["interrupted"]["go"]
    assert os.path.basename(found["frames"][-1]["file"]).startswith("asm_")
