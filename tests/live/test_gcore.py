"""go-gcore: debuggers without gogdb show goroutines as threads, as Go's own traceback does."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

from gogdb.inferior.core_threads import thread_names
from gogdb.inferior.elf import ElfFile
from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go, find_gdb
from tests.support import gdb_log
from tests.support.builds import Builds, Built, Compile
from tests.support.gdb_backtraces import DIFFERENCES, LWP, compare, frames_by_lwp
from tests.support.gdb_command import execute, quiet
from tests.support.output import error_line
from tests.support.parked import Park
from tests.support.process import (
    TIMEOUT,
    NotAllowedError,
    core_of,
    kernel_writes_here,
    only_core,
    waiting_program,
)
from tests.support.schema import schema
from tests.support.session import Open, Session
from tests.support.traceback import parse

Core = tuple[Path, Path, str]
"""A program with a goroutine in each of many states, its core, and its traceback."""


def make_core(program: Path, work: Path) -> Core:
    """Let a program of `traceback_oracle.BUILDS` leave a core."""
    if not kernel_writes_here():
        pytest.skip("the kernel writes cores elsewhere: core(5) says why")
    waiting = waiting_program(program, work, "crash", ["stand", "20"], core=True)
    with waiting as (process, traceback):
        try:
            core = core_of(find_gdb().path, process, work)
        except NotAllowedError as error:
            pytest.skip(f"this machine forbids {error}")
    return program, core, traceback.read_text()


@pytest.fixture(scope="module")
def each_core(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Core:
    """One of the newest and of the oldest Go."""
    return make_core(built("optimised"), tmp_path_factory.mktemp("core"))


@pytest.fixture(scope="module")
def core(go: Go, builds: Builds, tmp_path_factory: pytest.TempPathFactory) -> Core:
    """One of the newest Go."""
    return make_core(builds.states("optimised", go), tmp_path_factory.mktemp("core"))


def run(gdb: Gdb, core: Path, program: Path, *commands: str, gogdb: bool = False) -> str:
    """Run commands in a GDB on a core, with gogdb or without, and return what it prints."""
    load = ["-x", str(paths.gdbinit())] if gogdb else []
    plain = ["-ex", "set width 0", "-ex", "set print frame-arguments none"]
    target = ["--core", str(core), str(program)]
    return gdb_log.run([*quiet(gdb.path), *load, *plain, *execute(commands), *target]).stdout


def on_disk(file: Path) -> int:
    """Return how many bytes of the disk a file takes."""
    return file.stat().st_blocks * 512


def test_bt_without_gogdb_equals_the_traceback(gdb: Gdb, each_core: Core, tmp_path: Path) -> None:
    program, original, traceback = each_core
    before = hashlib.sha256(original.read_bytes()).digest()
    written = tmp_path / "goroutines"
    answer = run(gdb, original, program, f"go-gcore {written} --all --json", gogdb=True)
    report = json.loads(answer[answer.index("{\n") :])
    assert list(schema("go-gcore").iter_errors(report)) == []
    goroutines = parse(traceback)
    names = [name for name in goroutines if "g0" not in name.split(".")]
    assert report["goroutines"] == report["total"] == len(names) > 70

    met, wrong = compare(
        frames_by_lwp(run(gdb, written, program, "thread apply all bt")), goroutines
    )
    assert wrong == []
    assert set(met) >= set(DIFFERENCES) - {"inlined", "no line", "in C", "entry"}
    assert met["preempted"] == 3
    assert met["inlined"] < 5
    assert met["main"] == met["fault"] == 1

    assert hashlib.sha256(original.read_bytes()).digest() == before
    assert [path.name for path in tmp_path.iterdir()] == ["goroutines"]
    assert report["size"] == written.stat().st_size
    assert on_disk(written) < on_disk(original) + report["size"] - original.stat().st_size + (
        1 << 20
    )


def test_gogdb_names_the_threads_and_reads_the_core_as_before(
    open_gdb: Open, core: Core, tmp_path: Path
) -> None:
    program, original, _ = core
    written = tmp_path / "it's a core"
    session = open_gdb(program)
    session.run(f"core {original}")
    answers = ask(session)
    page = session.run(f'go-gcore "{written}"')
    assert re.search(r"^(\d+) of \1 goroutines and \d+ threads of the process written", page)
    threads = session.value("len(gdb.selected_inferior().threads())")

    link = tmp_path / "core"  # GDB 13 takes a name as it is, GDB 18 unquotes it
    link.symlink_to(written)
    session.run(f"core {link}")
    assert "g1 main.announce" in session.run("thread find main.announce")
    assert ask(session) == answers
    lwp = session.value(
        "[t.num for t in gdb.selected_inferior().threads() if t.name == 'g1 main.announce'][0]"
    )
    session.run(f"thread {lwp}")
    assert session.run("output $go_goid()").strip() == "1"
    assert session.value("gdb.parse_and_eval('$go_curg()')['goid']") == "1"
    assert json.loads(session.run("go-stacks --json"))["goroutines"][0]["name"] == "g1"
    assert ask(session) == answers  # whichever thread is selected

    again = tmp_path / "again"
    session.run(f"go-gcore {again} --where main.announce")
    with_all, with_one = (ElfFile.open(str(path), core=True) for path in (written, again))
    assert set(thread_names(with_one).values()) == {"g1 main.announce"}
    assert len(thread_names(with_all)) > 70
    session.run(f"core {again}")
    assert session.value("len(gdb.selected_inferior().threads())") == str(int(threads) + 1)
    assert ask(session) == answers
    session.run(f"core {original}")
    assert session.value("{t.name for t in gdb.selected_inferior().threads()}") == "{None}"


# Keeps what GDB lists of its files' sections
LISTING = """python
from gogdb.gdbhost import core_file, objfiles
listed, _execute = [], core_file.execute
def execute(command):
    listed.append(_execute(command))
    return listed[-1]
core_file.execute = objfiles.execute = execute
end"""


def test_registers_of_threads_are_not_listed(open_gdb: Open, core: Core, tmp_path: Path) -> None:
    """They are sections of a core, and GDB's time grows with the square of their number."""
    program, original, _ = core
    session = open_gdb(program)
    session.run(f"core {original}")
    session.run(f"go-gcore {tmp_path}/written --all")
    again = open_gdb(program)
    again.run(LISTING)
    again.run(f"core {tmp_path}/written")
    assert len(json.loads(again.run("go-gmp g --json"))["gs"]) > 70
    assert "load1" in again.value("''.join(listed)")
    assert again.value("'.reg' in ''.join(listed)") == "False"


def ask(session: Session) -> list[object]:
    """Return what gogdb reads of a core, without what depends on the thread selected."""
    commands = ("go-gmp --json", "go-stacks --all --system --json")
    return [json.loads(session.run(command)) for command in commands]


def test_equal_stacks_are_limited(open_gdb: Open, core: Core, tmp_path: Path) -> None:
    program, original, _ = core
    session = open_gdb(program)
    session.run(f"core {original}")
    total = json.loads(session.run(f"go-gcore {tmp_path}/all --json"))["total"]
    fewer = json.loads(session.run(f"go-gcore {tmp_path}/few --limit 1 --json"))
    assert fewer["total"] == total > fewer["goroutines"]
    assert fewer["limit"] == 1
    page = " ".join(session.run(f"go-gcore {tmp_path}/few --limit 1").split())
    assert "of goroutines with equal stacks 1 are written: --all writes every one" in page
    waiting = json.loads(session.run(f"go-gcore {tmp_path}/few --reason select --json"))
    assert 1 < waiting["goroutines"] == waiting["total"] < total


def test_files_that_cannot_be_written(open_gdb: Open, core: Core, tmp_path: Path) -> None:
    program, original, _ = core
    session = open_gdb(program)
    assert error_line(session.run("go-gcore x")).startswith("the program is not running: ")
    session.run(f"core {original}")
    link = tmp_path / "link"
    link.symlink_to(original)
    for path in (original, link):
        error = error_line(session.run(f"go-gcore {path}"))
        assert error == f"cannot write {path}: GDB uses it; name another file"
    assert error_line(session.run("go-gcore /dev/null")) == (
        "cannot write a core to /dev/null: name a file"
    )
    error = error_line(session.run(f"go-gcore {tmp_path}/core --where no.such"))
    assert error == "there is no goroutine to write: none matches: `go-gmp g` lists them"
    session.run(
        f"python import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({1 << 20},)*2)"
    )
    session.run("python import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)")
    error = error_line(session.run(f"go-gcore {tmp_path}/core"))
    assert error == f"cannot write {tmp_path}/core: File too large"
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_variables_in_registers_of_a_preempted_goroutine(
    gdb: Gdb, go: Go, builds: Builds, tmp_path: Path
) -> None:
    """With optimisation, and in a GDB without gogdb."""
    program, step = builds.program("preempted", go, ()), 65_538
    if not kernel_writes_here():
        pytest.skip("the kernel writes cores elsewhere: core(5) says why")
    with waiting_program(program, tmp_path, "crash", [str(step)], core=True) as (process, _):
        assert process.stdin is not None
        process.stdin.close()  # it panics then
        process.wait(TIMEOUT)
    original, written = only_core(tmp_path), tmp_path / "written"
    run(gdb, original, program, f"go-gcore {written} --where main.adds", gogdb=True)
    (lwp,) = thread_names(ElfFile.open(str(written), core=True))
    shown = run(
        gdb,
        written,
        program,
        f"python [t.switch() for t in gdb.selected_inferior().threads() if t.ptid[1] == {lwp}]",
        "info locals",
        "bt",
    )
    total = re.search(r"^total = (\d+)$", shown, re.M)
    assert total
    assert int(total[1]) % step == 0 < int(total[1])
    assert re.search(r"^#0 .*main\.adds \(", shown, re.M)
    # GDB has opened the core before gogdb is loaded
    assert f'"g{lwp - LWP} main.adds"' in run(gdb, written, program, "info threads", gogdb=True)


def test_a_process_goes_on(booting: Session, tmp_path: Path) -> None:
    booting.run("break main.add")
    booting.run("run")
    states = ("info registers", "info threads", "info breakpoints", "frame", "go-stacks --all")
    before = [booting.run(command) for command in states]
    page = booting.run(f"go-gcore {tmp_path}/core")
    assert "goroutine N is the thread with LWP 1000000 + N" in page
    assert [booting.run(command) for command in states] == before
    assert [path.name for path in tmp_path.iterdir()] == ["core"]
    file = tmp_path / "core"
    assert on_disk(file) < min(64 << 20, file.stat().st_size)
    with_names = thread_names(ElfFile.open(str(file), core=True))
    assert with_names[LWP + 1] == "g1 main.add"
    booting.run("delete 1")
    booting.finish()


PLACES = """python
def place(thread):
    thread.switch()
    return [hex(int(gdb.selected_frame().read_register(name))) for name in ("pc", "sp")]
threads = gdb.selected_inferior().threads()
print({thread.ptid[1]: place(thread) for thread in threads})
end
"""


def test_over_gdbserver(
    gdb: Gdb, gdbserver: Path, park: Park, open_gdb: Open, compiled: Compile, tmp_path: Path
) -> None:
    """The threads of the core are where go-stacks has the goroutines, and the process goes on."""
    program = compiled("created")
    process = park(program)
    # a core without memory: with what is mapped, it takes minutes on a busy machine
    Path(f"/proc/{process.pid}/coredump_filter").write_text("0")
    session = open_gdb(program)
    session.run(f"target remote | {gdbserver} --attach - {process.pid}")
    goroutines = json.loads(session.run("go-stacks --all --json"))["goroutines"]
    assert "threads of the process written" in session.run(f"go-gcore {tmp_path}/core --all")
    session.run("detach")
    assert process.poll() is None
    script = tmp_path / "places"
    script.write_text(PLACES)
    shown = run(gdb, tmp_path / "core", program, f"source {script}")
    places = ast.literal_eval(shown[shown.index("{") :])
    found = {lwp - LWP: place for lwp, place in places.items() if lwp > LWP}
    assert found.keys() == {g["goid"] for g in goroutines}
    inside = [g for g in goroutines if g["status"] == "waiting"]
    assert len(inside) > 15
    for g in inside:
        assert found[g["goid"]] == [g["frames"][0]["pc"], g["frames"][0]["sp"]]


def test_from_the_shell(core: Core, tmp_path: Path) -> None:
    program, original, _ = core
    written = tmp_path / "written"
    command = [
        sys.executable,
        "-m",
        "gogdb",
        "core",
        original,
        program,
        "-o",
        written,
        "--limit",
        "1",
    ]
    done = gdb_log.run(command, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"\d+ of \d+ goroutines and \d+ threads of the process written", done.stdout)
    assert thread_names(ElfFile.open(str(written), core=True))[LWP + 1] == "g1 main.announce"
    failed = gdb_log.run([*command[:-2], "--where", "no.such"], cwd=tmp_path)
    assert failed.returncode == 1
    assert failed.stderr.startswith("gogdb: there is no goroutine to write: none matches")
