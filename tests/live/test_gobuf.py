"""go-gobuf: live, against GDB's own view of the same memory; gobufs that contradict themselves."""

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
    told = json.loads(session.run(f"go-gobuf {' '.join(gs)} --json"))
    found: list[dict[str, Any]] = told["gobufs"]
    return found


@pytest.fixture
def waiting(open_gdb: Open, compiled: Compile) -> Session:
    """Goroutine 1 on a CPU, the workers parked or not begun."""
    session = open_gdb(compiled("workers", *DEBUG))
    session.run(f"break {marked('workers', 'before the start')}")
    session.run("run")
    return session


def all_gs(session: Session) -> list[str]:
    told = json.loads(session.run("go-gmp --json"))
    system = [f"m{m['id']}.{kind}" for m in told["ms"] for kind in ("g0", "gsignal")]
    return [*(str(g["goid"]) for g in told["gs"]), *system]


def test_words(waiting: Session) -> None:
    """The words are those that GDB reads by the debug information, and nothing is amiss."""
    names = all_gs(waiting)
    found = gobufs(waiting, *names)
    assert len(found) == len(names) > 12
    for name, gobuf in zip(names, found, strict=True):
        assert gobuf["problems"] == []
        assert gobuf["unreadable"] is None
        for word in WORDS:
            said = number(waiting, f'$go_g("{name}").sched.{word}')
            assert int(gobuf[word], 16) == said, (name, word)
        assert int(gobuf["address"], 16) == number(waiting, f'&$go_g("{name}").sched')
        parked = gobuf["status"] in ("waiting", "runnable")
        if parked:
            assert gobuf["registers"] is None
            assert gobuf["function"]
        assert gobuf["forged"] <= parked
    assert gobufs(waiting, names[0])[0] == gobufs(waiting, found[0]["g"])[0]


def test_return_address(waiting: Session) -> None:
    """It is in its slot, and GDB finds the same caller by the debug information."""
    for gobuf in gobufs(waiting, *all_gs(waiting)):
        if gobuf["status"] == "waiting":
            at = f"gdb.selected_inferior().read_memory({gobuf['return_slot']}, 8).tobytes()"
            word = waiting.value(f"hex(int.from_bytes({at}, 'little'))")
            assert word == gobuf["returns_to"]
            assert gobuf["function"] == "runtime.gopark"


def test_on_a_cpu(waiting: Session) -> None:
    """The registers stand beside it, and what waits is that of the function that runs."""
    (gobuf,) = gobufs(waiting, "1")
    assert set(gobuf["registers"]) == {"rsp", "rip", "r14", "rdx", "rbp", "rax"}
    for name, value in gobuf["registers"].items():
        register = f"gdb.newest_frame().read_register('{name}')"
        assert int(waiting.value(f"int({register}) % 2**64")) == int(value, 16)
    slot = int(gobuf["registers"]["rbp"], 16) + 8  # main.main has saved its caller's rbp there
    assert int(gobuf["return_slot"], 16) == slot
    said = waiting.run("go-gobuf 1")
    assert "on a CPU: its registers are its thread's" in said
    assert re.search(r"return to main\+\d+ +│\n.*◄ rbp\n", said)
    assert re.search(rf"^  sp .* rsp +{gobuf['registers']['rsp']}$", said, re.M)
    assert "gogo(" not in said
    assert waiting.run("go-gobuf") == said


@pytest.fixture
def made(booting: Session) -> Session:
    """Goroutine 1 is made and queued, and has not run."""
    booting.run("go-boot until runqput")
    return booting


def test_never_run(made: Session) -> None:
    (gobuf,) = gobufs(made, "1")
    assert (gobuf["status"], gobuf["function"]) == ("runnable", "runtime.main")
    assert (gobuf["forged"], gobuf["problems"]) == (True, [])
    goexit = int(made.value("int(gdb.parse_and_eval(\"&'runtime.goexit'\"))"))
    assert int(gobuf["returns_to"], 16) == goexit + 1
    assert gobuf["return_slot"] == gobuf["sp"]
    assert number(made, "$go_g(1).stack.hi") - int(gobuf["sp"], 16) == 40
    # the code of the func value that ctxt points at
    at = f"gdb.selected_inferior().read_memory({gobuf['ctxt']}, 8).tobytes()"
    assert made.value(f"hex(int.from_bytes({at}, 'little'))") == gobuf["pc"]
    assert "It has never run." in made.run("go-gobuf 1")


def test_gogo_does_what_is_said(made: Session) -> None:
    """What is said of each instruction comes true when the goroutine is made to run."""
    (gobuf,) = gobufs(made, "1")
    said = made.run("go-gobuf 1")
    (jump,) = re.findall(r"^ +(0x[0-9a-f]+)  jmp +\*%rbx +to runtime\.main$", said, re.M)
    made.run(f"break *{jump} if $r14 == {gobuf['g']}")
    assert "Breakpoint 1, " in made.run("continue")
    for register, word in (("rsp", "sp"), ("rbx", "pc"), ("rdx", "ctxt"), ("rbp", "bp")):
        value = int(made.value(f"int(gdb.newest_frame().read_register('{register}')) % 2**64"))
        assert value == int(gobuf[word], 16)
        assert f"{register} = g1.sched.{word} = " in said
    assert f"rsp = g1.sched.sp = {gobuf['sp']}\n" in said
    for line in ("r14 = g1\n", "TLS slot = g1\n"):
        assert line in said
    assert number(made, "$go_g($go_curg())") == int(gobuf["g"], 16)
    (after,) = gobufs(made, "1")
    for word in ("sp", "ctxt", "bp"):
        assert f"g1.sched.{word} = 0x0\n" in said
        assert after[word] == "0x0"


def parked(session: Session) -> int:
    """A goroutine that waits, by its goid."""
    told = json.loads(session.run("go-gmp g --json --status waiting"))
    goid: int = told["gs"][0]["goid"]
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
def test_contradictions(waiting: Session, field: str, value: str, problem: str) -> None:
    goid = parked(waiting)
    waiting.run("set language c")
    value = value.replace("SP", f"$go_g({goid}).sched.sp")
    waiting.quietly(f"set var $go_g({goid}).sched.{field} = {value}")
    (gobuf,) = gobufs(waiting, str(goid))
    assert [bool(re.fullmatch(problem, said)) for said in gobuf["problems"]] == [True]
    said = re.sub(r"\s+", " ", waiting.run(f"go-gobuf {goid}"))  # however it is wrapped
    assert len(re.findall(f"✗ {problem} ", said)) == said.count("✗") == 1
    assert gobufs(waiting, "1")[0]["problems"] == []


def test_width(waiting: Session) -> None:
    said = waiting.run(f"go-gobuf 1 {parked(waiting)} m0.g0 m0.gsignal --expr")
    assert max(map(len, said.split("\n"))) <= 80
    assert said.count("by hand") == 4
    assert "…" not in said


def pasted(session: Session, said: str) -> int:
    """How many commands `said` shows; each is pasted, and must answer what stands beside it."""
    shown = re.findall(r"^ +\(gdb\)  (.*?)(?:  +(.*)|\n +└ (.*))?$", said, re.M)
    for command, beside, below in shown:
        answer = session.run(command)
        for expected in (beside or below).split(", "):
            if command.startswith("x/3gx"):
                continue  # three words, told by name
            assert re.search(rf"(?<![\w.]){re.escape(expected)}(?!\w)", answer), (command, answer)
    return len(shown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_by_hand(waiting: Session, language: str) -> None:
    """Every expression of --expr can be typed, and gives what the table says."""
    waiting.run(f"set language {language}")
    waiting.quietly("set width 200")
    assert pasted(waiting, waiting.run("go-gmp --expr")) > 25
    for name in ("1", parked(waiting), "m0.g0", "m1.gsignal"):
        assert pasted(waiting, waiting.run(f"go-gobuf {name} --expr")) >= 6
        assert pasted(waiting, waiting.run(f"go-stacks {name} --expr")) >= 3


def test_by_hand_and_json(waiting: Session) -> None:
    """What stands beside the expressions is what the JSON holds."""
    told = json.loads(waiting.run("go-gmp --json"))
    waiting.quietly("set width 200")
    said = waiting.run("go-gmp --expr")

    def beside(command: str) -> str:
        found = re.search(rf"^ +\(gdb\)  {re.escape(command)}  +(.*)$", said, re.M)
        assert found, command
        return found[1]

    assert int(beside("p 'runtime.sched'.goidgen")) == told["sched"]["goidgen"]
    assert int(beside("p 'runtime.allglen'")) == told["sched"]["allglen"]
    assert int(beside("p 'runtime.allp'.array[0].schedtick")) == told["ps"][0]["schedtick"]
    holder = next((m["address"] for m in told["ms"] if m["id"] == told["ps"][0]["m"]), "0x0")
    assert beside("p/x 'runtime.allp'.array[0].m") == holder
    assert int(beside("p 'runtime.m0'.procid")) == told["ms"][0]["procid"]
    assert int(beside("p 'runtime.allgs'.array[0].goid")) == told["gs"][0]["goid"]
    assert beside("p/a $go_g(1).startpc") == told["gs"][0]["start"]
    goid = parked(waiting)
    (gobuf,) = gobufs(waiting, str(goid))
    said = waiting.run(f"go-gobuf {goid} --expr")
    for word in ("sp", "g", "ctxt", "bp"):
        assert beside(f"p/x $go_g({goid}).sched.{word}") == gobuf[word]
    assert beside(f"x/a {gobuf['return_slot']}").startswith("runtime.")
    words = waiting.run(f"x/3gx {gobuf['address']}").replace(":", " ").split()
    found = [int(word, 16) for word in words if re.fullmatch(r"0x[0-9a-f]{16}", word)]
    assert found == [int(gobuf[word], 16) for word in ("sp", "pc", "g")]


def test_by_hand_without_types(open_gdb: Open, compiled: Compile) -> None:
    """Of a program without debug information GDB knows addresses only."""
    session = open_gdb(compiled("workers", "-ldflags=-w"))
    session.run("break main.main")
    session.run("run")
    said = session.run(f"go-gobuf {parked(session)} --expr")
    assert "no debug information (-ldflags=-w): GDB knows no field by its name" in said
    assert pasted(session, said) == 2
