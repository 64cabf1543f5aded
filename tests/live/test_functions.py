"""$go_g, $go_m, $go_p, $go_curg and $go_goid: values, conditions, errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.output import error_line, number, printed
from tests.support.places import marked
from tests.support.session import NOT_PREEMPTED, Open, Session

LANGUAGES = ("auto", "go", "c", "asm")
WORKERS, ROUNDS = 5, 20


def before_the_start(session: Session) -> Session:
    """Run until every worker exists and none has begun to work."""
    session.run(f"break {marked('workers', 'before the start')}")
    session.run("run")
    return session


@pytest.fixture
def waiting(open_gdb: Open, compiled: Compile) -> Session:
    """A program whose workers wait for their start."""
    return before_the_start(open_gdb(compiled("workers", *DEBUG)))


@pytest.fixture(scope="module")
def all_waiting(share_gdb: Open, compiled: Compile) -> Session:
    """The same GDB for all tests that leave it as it is."""
    return before_the_start(share_gdb(compiled("workers", *DEBUG)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_in_each_source_language(waiting: Session, language: str) -> None:
    """Equal in each source language, and equal to the answers of go-gmp and go-gobuf."""
    answer = json.loads(waiting.run("go-gmp --json"))
    waiting.run(f"set language {language}")
    for g in answer["gs"]:
        assert number(waiting, f"$go_g({g['goid']})") == int(g["address"], 16)
        assert number(waiting, f'$go_g("{g["address"]}")') == int(g["address"], 16)
        assert number(waiting, f"$go_g({g['goid']}).goid") == g["goid"]
    for m in answer["ms"]:
        assert number(waiting, f"$go_m({m['id']})") == int(m["address"], 16)
        assert number(waiting, f'$go_g("m{m["id"]}.gsignal")') == int(m["gsignal"], 16)
    for p in answer["ps"]:
        assert number(waiting, f'$go_p("p{p["id"]}")') == int(p["address"], 16)
        assert number(waiting, f"$go_p({p['id']}).id") == p["id"]
    (gobuf,) = json.loads(waiting.run("go-gobuf g0 --json"))["gobufs"]
    assert number(waiting, '$go_g("g0").sched.sp') == int(gobuf["sp"], 16)
    assert printed(waiting, '*$go_g("m0.g0")').startswith("{stack = {lo = ")
    assert number(waiting, "$go_curg().goid") == number(waiting, "$go_goid()") == 1
    assert number(waiting, "$go_g($go_curg())") == number(waiting, "$go_g($r14)")
    if language in ("c", "asm"):
        assert printed(waiting, "$go_g(1)->sched.g == $go_g(1)->sched.g") == "1"


def test_types_of_the_values(waiting: Session) -> None:
    """The values are GDB values of the runtime's types."""
    for call, name in (("g(1)", "g"), ("curg()", "g"), ("m(0)", "m"), ("p(0)", "p")):
        kind = waiting.value(f"gdb.parse_and_eval('$go_{call}').type")
        assert kind.removeprefix("struct ") == f"runtime.{name} *"
    assert waiting.value("gdb.parse_and_eval('$go_g(1)')['goid']") == "1"


def test_no_side_effects(waiting: Session) -> None:
    waiting.run("up")
    waiting.run("p 42")
    waiting.run("set var $mine = 7")
    waiting.run("x/1xb $rsp")
    shown = ("info frame", "thread", "p $_", "p $mine", "show language", "info display")

    def state() -> list[str]:
        output = [waiting.run(command) for command in (*shown, "info set")]
        return [
            re.sub(r"^\$\d+", "$", text) for text in output
        ]  # without their numbers in the history

    before = state()
    for call in ('$go_g("m1.g0")', "$go_m(1)", "$go_p(1)", "$go_curg()", "$go_goid()"):
        waiting.run(f"output {call}")
        waiting.run(f"output {call} == 0")
    assert state() == before


@pytest.mark.parametrize("flags", [DEBUG, ("-buildmode=pie",), ("-ldflags=-w",)], ids=" ".join)
def test_breakpoint_condition(open_gdb: Open, compiled: Compile, flags: tuple[str, ...]) -> None:
    """The condition stops one goroutine, whatever thread it is on, and no other."""
    session = open_gdb(compiled("workers", *flags))
    # A thread that is preempted while it steps over the breakpoint hits it a second time
    session.quietly(NOT_PREEMPTED)
    session.run("break main.work")  # its first call: every worker exists
    session.run("run")
    first = number(session, "$go_goid()")
    session.run("delete 1")
    gs = json.loads(session.run("go-gmp g --json"))["gs"]
    # it starts in a wrapper for its arguments, which the compiler names
    made = [g["goid"] for g in gs if str(g["start"]).startswith("main.main.")]
    assert len(made) == WORKERS
    wanted = made[2] if first != made[2] else made[3]
    session.run(f"break main.work if $go_goid() == {wanted}")
    workers = set()
    for _ in range(ROUNDS):
        output = session.run("continue")
        assert "Breakpoint 2, " in output, output
        assert number(session, "$go_goid()") == wanted
        (here,) = json.loads(session.run("go-stacks --json"))["goroutines"]
        assert here["goid"] == wanted
        workers.add(number(session, "$rax"))  # the first argument, by Go's register ABI
    assert len(workers) == 1
    session.run("continue")
    assert "already hit" in session.run("info breakpoints")
    assert json.loads(session.value("[b.hit_count for b in gdb.breakpoints()]")) == [ROUNDS]


def test_on_system_stacks(open_gdb: Open, compiled: Compile) -> None:
    """The goid on g0 is 0 whatever r14 holds; curg waits for the system stack."""
    session = open_gdb(compiled("workers", *DEBUG))
    session.run("break runtime.newproc1")  # newproc calls it on systemstack
    session.run("run")
    while number(session, "$go_curg()") == 0:  # rt0_go calls it first, on g0 itself
        assert number(session, "$go_goid()") == 0
        session.run("continue")
    assert number(session, "$go_goid()") == 0
    assert number(session, "$go_curg().goid") == 1


def test_on_a_thread_without_a_goroutine(open_gdb: Open, compiled: Compile) -> None:
    session = open_gdb(compiled("workers", *DEBUG))
    session.run("tbreak runtime.main")
    session.run("run")
    session.run("tbreak runtime.mstart1")
    session.run("continue")  # runtime.main starts a thread for sysmon first
    assert "mstart1" in session.run("frame")
    assert number(session, "$go_goid()") == number(session, "$go_curg()") == 0


def test_in_c_code(open_gdb: Open, build: Compile) -> None:
    """C code runs on g0's stack and may use r14."""
    session = open_gdb(build("cgo"))
    session.run("break c_add")
    session.run("run")
    assert number(session, "$go_goid()") == 0
    assert number(session, "$go_curg().goid") == 1
    session.run("set var $r14 = 0")
    assert number(session, "$go_curg().goid") == 1


def test_values_in_a_core(
    waiting: Session, open_gdb: Open, compiled: Compile, tmp_path: Path
) -> None:
    calls = ("$go_g(1)", "$go_g(1).sched", '$go_g("g0")', "$go_m(1)", "$go_p(0)", "$go_curg()")
    live = [printed(waiting, call) for call in (*calls, "$go_goid()")]
    waiting.run(f"generate-core-file {tmp_path}/core")
    core = open_gdb(compiled("workers", *DEBUG))
    core.run(f"core-file {tmp_path}/core")
    assert [printed(core, call) for call in (*calls, "$go_goid()")] == live
    assert live[-1] == "1"


def test_functions_on_a_remote_program(open_gdb: Open, compiled: Compile, gdbserver: Path) -> None:
    program = compiled("workers", *DEBUG)
    session = open_gdb(program)
    session.run(f"target remote | env -i GOMAXPROCS=2 {gdbserver} - {program}")
    assert number(session, "$go_goid()") == 0  # at the first instruction
    session.run("break main.work if $go_goid() == 1")  # main never calls it
    session.run(f"break {marked('workers', 'before the start')}")
    assert "Breakpoint 2, " in session.run("continue")
    assert number(session, "$go_goid()") == number(session, "$go_curg().goid") == 1
    session.finish()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("$go_g(99)", "no goroutine 99: `go-gmp g` lists them"),
        ('$go_g("m9.g0")', "no m9: `go-gmp m` lists the Ms"),
        ('$go_g("me")', "'me' names no goroutine: a goid, g0, mN.g0, mN.gsignal, mN.curg or 0x"),
        ("$go_g()", "$go_g: wrong number of arguments: the usage is `$go_g(G)`"),
        ("$go_g($go_p(0))", "no g at 0x"),
        ("$go_m(99)", "no m99: `go-gmp m` lists the Ms"),
        ('$go_m("p0")', "no M is called 'p0': give its id, or m0"),
        ("$go_p(99)", "no p99: `go-gmp p` lists the Ps"),
        ("$go_goid(1)", "$go_goid: wrong number of arguments: the usage is `$go_goid()`"),
        ("$go_g(*$go_p(0))", "a value of type "),
    ],
)
def test_errors_of_wrong_names(all_waiting: Session, call: str, says: str) -> None:
    assert error_line(all_waiting.run(f"p {call}")).startswith(says)


CALLS = ("$go_g(1)", "$go_m(0)", "$go_p(0)", "$go_curg()", "$go_goid()")


def test_errors_without_a_process(open_gdb: Open, boot: Path) -> None:
    session = open_gdb()
    for call in CALLS:
        output = error_line(session.run(f"p {call}"))
        assert output.startswith("no program: name one with `file PROGRAM`"), call
    session.run(f"file {boot}")
    for call in CALLS:
        output = error_line(session.run(f"p {call}"))
        assert output.startswith("the program is not running: `run`"), call
    session = open_gdb(Path("/bin/true").resolve())
    for call in CALLS:
        assert "is not a Go program: " in error_line(session.run(f"p {call}")), call


@pytest.mark.parametrize("flags", ["-w", "-s -w"])
def test_without_debug_information(open_gdb: Open, compiled: Compile, flags: str) -> None:
    """The addresses are right, and GDB says once for each type that it knows no fields."""
    session = open_gdb(compiled("workers", f"-ldflags={flags}"))
    session.run("go-boot until main-main")
    assert session.run("output $go_goid()") == "1"
    answer = json.loads(session.run("go-gmp --json"))
    for letter, call in zip("gmp", CALLS, strict=False):
        note, value = session.run(f"p {call}").split("\n", 1)
        assert note == (
            f"GDB has no debug information of the program, so a pointer to runtime.{letter} is "
            "one to words of 8 bytes: `go-gobuf` and `go-gmp` show fields"
        )
        assert "(uint64_t *)" in value
        assert number(session, call) == int(answer[f"{letter}s"][0]["address"], 16)
    assert number(session, "$go_curg() == $go_g(1)") == 1
    (stack,) = json.loads(session.run("go-stacks 1 --json"))["goroutines"]
    assert number(session, "*$go_g(1)") == int(stack["stack"]["lo"], 16)  # its first word


def test_before_the_runtime(booting: Session) -> None:
    """The entry point comes before TLS is set up."""
    booting.run("starti")
    assert printed(booting, "$go_goid()") == "0"


def test_help_of_each_function(open_gdb: Open) -> None:
    session = open_gdb()
    listed = session.run("help function")
    for name in ("go_g", "go_m", "go_p", "go_curg", "go_goid"):
        assert f"{name} -- " in listed
        output = session.run(f"help function {name}")
        assert output.isascii()
        assert f"Usage: ${name} (" in output
        assert "Example:\n  (gdb) " in output
        assert max(map(len, output.split("\n"))) <= 80
