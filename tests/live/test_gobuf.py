"""go-gobuf, compared with GDB's own view of the same memory; and inconsistent gobufs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.output import number
from tests.support.places import marked
from tests.support.session import Open, Session

LANGUAGES = ("go", "c", "asm")
WORDS = ("sp", "pc", "g", "ctxt", "bp")


def gobufs(session: Session, *gs: str) -> list[dict[str, Any]]:
    answer = json.loads(session.run(f"go-gobuf {' '.join(gs)} --json"))
    found: list[dict[str, Any]] = answer["gobufs"]
    return found


@pytest.fixture
def waiting(open_gdb: Open, compiled: Compile) -> Session:
    """A program with goroutine 1 on a CPU, and workers that are parked or have not begun."""
    session = open_gdb(compiled("workers", *DEBUG))
    session.run(f"break {marked('workers', 'before the start')}")
    session.run("run")
    return session


def all_gs(session: Session) -> list[str]:
    answer = json.loads(session.run("go-gmp --json"))
    system = [f"m{m['id']}.{kind}" for m in answer["ms"] for kind in ("g0", "gsignal")]
    return [*(str(g["goid"]) for g in answer["gs"]), *system]


def test_fields_agree_with_debug_information(waiting: Session) -> None:
    """The fields are those that GDB reads by the debug information, without a problem."""
    names = all_gs(waiting)
    found = gobufs(waiting, *names)
    assert len(found) == len(names) > 12
    for name, gobuf in zip(names, found, strict=True):
        assert gobuf["problems"] == []
        assert gobuf["unreadable"] is None
        for word in WORDS:
            output = number(waiting, f'$go_g("{name}").sched.{word}')
            assert int(gobuf[word], 16) == output, (name, word)
        assert int(gobuf["address"], 16) == number(waiting, f'&$go_g("{name}").sched')
        parked = gobuf["status"] in ("waiting", "runnable")
        if parked:
            assert gobuf["registers"] is None
            assert gobuf["function"]
        assert gobuf["forged"] <= parked
    assert gobufs(waiting, names[0])[0] == gobufs(waiting, found[0]["g"])[0]


def test_return_address(waiting: Session) -> None:
    """The return address is in its slot, and GDB finds the same caller."""
    for gobuf in gobufs(waiting, *all_gs(waiting)):
        if gobuf["status"] == "waiting":
            at = f"gdb.selected_inferior().read_memory({gobuf['return_slot']}, 8).tobytes()"
            word = waiting.value(f"hex(int.from_bytes({at}, 'little'))")
            assert word == gobuf["returns_to"]
            assert gobuf["function"] == "runtime.gopark"


def test_on_a_cpu(waiting: Session) -> None:
    """The page shows the thread's registers, and the return address of the running function."""
    (gobuf,) = gobufs(waiting, "1")
    assert set(gobuf["registers"]) == {"rsp", "rip", "r14", "rdx", "rbp", "rax"}
    for name, value in gobuf["registers"].items():
        register = f"gdb.newest_frame().read_register('{name}')"
        assert int(waiting.value(f"int({register}) % 2**64")) == int(value, 16)
    slot = int(gobuf["registers"]["rbp"], 16) + 8  # main.main has saved its caller's rbp there
    assert int(gobuf["return_slot"], 16) == slot
    output = waiting.run("go-gobuf 1")
    assert "on a CPU: its registers are its thread's" in output
    assert re.search(r"return to main\+\d+ +│\n.*◄ rbp\n", output)
    assert re.search(rf"^  sp .* rsp +{gobuf['registers']['rsp']}$", output, re.M)
    assert "gogo(" not in output
    assert waiting.run("go-gobuf") == output


@pytest.fixture
def made(booting: Session) -> Session:
    """A program in which goroutine 1 is in a run queue and has not run."""
    booting.run("go-boot until runqput")
    return booting


def test_goroutine_that_has_not_run(made: Session) -> None:
    (gobuf,) = gobufs(made, "1")
    assert (gobuf["status"], gobuf["function"]) == ("runnable", "runtime.main")
    assert (gobuf["forged"], gobuf["problems"]) == (True, [])
    goexit = int(made.value("int(gdb.parse_and_eval(\"&'runtime.goexit'\"))"))
    assert int(gobuf["returns_to"], 16) == goexit + 1
    assert gobuf["return_slot"] == gobuf["sp"]
    assert number(made, "$go_g(1).stack.hi") - int(gobuf["sp"], 16) == 40
    # the function of the funcval that ctxt points at
    at = f"gdb.selected_inferior().read_memory({gobuf['ctxt']}, 8).tobytes()"
    assert made.value(f"hex(int.from_bytes({at}, 'little'))") == gobuf["pc"]
    assert "It has never run." in made.run("go-gobuf 1")


def test_gogo_does_what_the_page_says(made: Session) -> None:
    """The effect shown beside each instruction of gogo is what happens when it runs."""
    (gobuf,) = gobufs(made, "1")
    output = made.run("go-gobuf 1")
    (jump,) = re.findall(r"^ +(0x[0-9a-f]+)  jmp +\*%rbx +to runtime\.main$", output, re.M)
    made.run(f"break *{jump} if $r14 == {gobuf['g']}")
    assert "Breakpoint 1, " in made.run("continue")
    for register, word in (("rsp", "sp"), ("rbx", "pc"), ("rdx", "ctxt"), ("rbp", "bp")):
        value = int(made.value(f"int(gdb.newest_frame().read_register('{register}')) % 2**64"))
        assert value == int(gobuf[word], 16)
        assert f"{register} = g1.sched.{word} = " in output
    assert f"rsp = g1.sched.sp = {gobuf['sp']}\n" in output
    for line in ("r14 = g1\n", "TLS slot = g1\n"):
        assert line in output
    assert number(made, "$go_g($go_curg())") == int(gobuf["g"], 16)
    (after,) = gobufs(made, "1")
    for word in ("sp", "ctxt", "bp"):
        assert f"g1.sched.{word} = 0x0\n" in output
        assert after[word] == "0x0"


def parked(session: Session) -> int:
    """Return the goid of a waiting goroutine."""
    answer = json.loads(session.run("go-gmp g --json --status waiting"))
    goid: int = answer["gs"][0]["goid"]
    return goid


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("g", "$go_g(1)", r"g is g1, and not g\d+: gogo would make it the current g"),
        ("g", "0", r"g is 0, and not g\d+: gogo would make it the current g"),
        ("sp", "0x1000", r"sp 0x1000 is outside g\d+'s stack, 0x[0-9a-f]+ to 0x[0-9a-f]+"),
        ("sp", "SP + 4", r"sp 0x[0-9a-f]+ is not aligned to 8 bytes"),
        ("sp", "0", r"sp is 0, though g\d+ is waiting and on no CPU"),
        ("pc", "0x10", r"pc 0x10 is in no Go function"),
        ("pc", "$rsp", r"pc 0x[0-9a-f]+ is in no Go function"),
        ("bp", "0xbadf00d", r"bp 0xbadf00d is outside g\d+'s stack, 0x[0-9a-f]+ to 0x[0-9a-f]+"),
    ],
)
def test_inconsistent_gobuf(waiting: Session, field: str, value: str, problem: str) -> None:
    goid = parked(waiting)
    waiting.run("set language c")
    value = value.replace("SP", f"$go_g({goid}).sched.sp")
    waiting.quietly(f"set var $go_g({goid}).sched.{field} = {value}")
    (gobuf,) = gobufs(waiting, str(goid))
    assert [bool(re.fullmatch(problem, output)) for output in gobuf["problems"]] == [True]
    output = re.sub(r"\s+", " ", waiting.run(f"go-gobuf {goid}"))  # unwrapped
    assert len(re.findall(f"✗ {problem} ", output)) == output.count("✗") == 1
    assert gobufs(waiting, "1")[0]["problems"] == []


def test_page_fits_80_columns(waiting: Session) -> None:
    output = waiting.run(f"go-gobuf 1 {parked(waiting)} m0.g0 m0.gsignal --expr")
    assert max(map(len, output.split("\n"))) <= 80
    assert output.count("by hand") == 4
    assert "…" not in output


def pasted(session: Session, output: str) -> int:
    """Paste every command of an output, check its answer, and return their number."""
    shown = re.findall(r"^ +\(gdb\)  (.*?)(?:  +(.*)|\n +└ (.*))?$", output, re.M)
    for command, beside, below in shown:
        answer = session.run(command)
        for expected in (beside or below).split(", "):
            if command.startswith("x/3gx"):
                continue  # three words, shown by name
            assert re.search(rf"(?<![\w.]){re.escape(expected)}(?!\w)", answer), (command, answer)
    return len(shown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_gdb_expressions(waiting: Session, language: str) -> None:
    """Every expression of --expr can be typed, and its value is the one in the table."""
    waiting.run(f"set language {language}")
    waiting.quietly("set width 200")
    assert pasted(waiting, waiting.run("go-gmp --expr")) > 25
    for name in ("1", parked(waiting), "m0.g0", "m1.gsignal"):
        assert pasted(waiting, waiting.run(f"go-gobuf {name} --expr")) >= 6
        assert pasted(waiting, waiting.run(f"go-stacks {name} --expr")) >= 3


def test_gdb_expressions_and_json(waiting: Session) -> None:
    """The values beside the expressions are those of the JSON."""
    answer = json.loads(waiting.run("go-gmp --json"))
    waiting.quietly("set width 200")
    output = waiting.run("go-gmp --expr")

    def beside(command: str) -> str:
        found = re.search(rf"^ +\(gdb\)  {re.escape(command)}  +(.*)$", output, re.M)
        assert found, command
        return found[1]

    assert int(beside("p 'runtime.sched'.goidgen")) == answer["sched"]["goidgen"]
    assert int(beside("p 'runtime.allglen'")) == answer["sched"]["allglen"]
    assert int(beside("p 'runtime.allp'.array[0].schedtick")) == answer["ps"][0]["schedtick"]
    holder = next((m["address"] for m in answer["ms"] if m["id"] == answer["ps"][0]["m"]), "0x0")
    assert beside("p/x 'runtime.allp'.array[0].m") == holder
    assert int(beside("p 'runtime.m0'.procid")) == answer["ms"][0]["procid"]
    assert int(beside("p 'runtime.allgs'.array[0].goid")) == answer["gs"][0]["goid"]
    assert beside("p/a $go_g(1).startpc") == answer["gs"][0]["start"]
    goid = parked(waiting)
    (gobuf,) = gobufs(waiting, str(goid))
    output = waiting.run(f"go-gobuf {goid} --expr")
    for word in ("sp", "g", "ctxt", "bp"):
        assert beside(f"p/x $go_g({goid}).sched.{word}") == gobuf[word]
    assert beside(f"x/a {gobuf['return_slot']}").startswith("runtime.")
    words = waiting.run(f"x/3gx {gobuf['address']}").replace(":", " ").split()
    found = [int(word, 16) for word in words if re.fullmatch(r"0x[0-9a-f]{16}", word)]
    assert found == [int(gobuf[word], 16) for word in ("sp", "pc", "g")]


def test_gdb_expressions_without_types(open_gdb: Open, compiled: Compile) -> None:
    """Without debug information the expressions are addresses."""
    session = open_gdb(compiled("workers", "-ldflags=-w"))
    session.run("break main.main")
    session.run("run")
    output = session.run(f"go-gobuf {parked(session)} --expr")
    assert "no debug information (-ldflags=-w): GDB knows no field by its name" in output
    assert pasted(session, output) == 2
