"""Gobufs of recorded boots, and what is noticed when their words are changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from gogdb.boot.find import find_stage
from gogdb.boot.walk import Walk
from gogdb.inferior.protocol import Instruction, Symbol
from gogdb.runtime.address_info import AddressClassifier, AddressInfo
from gogdb.runtime.gobuf import ExaminedGobuf, examine
from gogdb.runtime.gogo import annotate_gogo
from gogdb.runtime.program import Program
from gogdb.view.address_text import effect
from tests.support.replay import Replay
from tests.support.walks import VERSIONS, load

MAIN = "1"
ATT = """\
mov    0x8(%rsp),%rbx
mov    0x10(%rbx),%rdx
mov    (%rdx),%rcx
jmp    0x2000 <gogo>
mov    %rdx,%fs:0xfffffffffffffff8
mov    %rdx,%r14
mov    (%rbx),%rsp
mov    0x18(%rbx),%rdx
movq   $0x0,(%rbx)
mov    0x8(%rbx),%rbx
jmp    *%rbx
int3"""
INTEL = """\
mov    rbx,QWORD PTR [rsp+0x8]
mov    rdx,QWORD PTR [rbx+0x10]
mov    rcx,QWORD PTR [rdx]
jmp    0x2000 <gogo>
mov    QWORD PTR fs:0xfffffffffffffff8,rdx
mov    r14,rdx
mov    rsp,QWORD PTR [rbx]
mov    rdx,QWORD PTR [rbx+0x18]
mov    QWORD PTR [rbx],0x0
mov    rbx,QWORD PTR [rbx+0x8]
jmp    rbx
int3"""


def at_gogo(replay: Replay) -> Program:
    """Walk the boot to gogo, which is about to make goroutine 1 run."""
    program = Program(replay)
    walk = Walk(replay, lambda: program)
    walk.start()
    for _ in walk.run(find_stage("gogo")):
        pass
    return program


def examined(program: Program, name: str) -> ExaminedGobuf:
    runtime = program.read()
    g = next(g for g in (*runtime.gs, *runtime.system_gs) if g.name == name)
    return examine(program, runtime, g, AddressClassifier(program, runtime))


@pytest.fixture(params=VERSIONS)
def replay(request: pytest.FixtureRequest) -> Replay:
    return load(request.param)


def test_gobuf_of_a_goroutine_that_has_not_run(replay: Replay) -> None:
    program = at_gogo(replay)
    result = examined(program, MAIN)
    gobuf, stack = result.g.sched, result.g.stack
    assert (result.forged, result.problems, result.registers) == (True, (), None)
    goexit = replay.symbols.find("runtime.goexit.abi0")
    assert goexit is not None
    assert result.returns_to == (gobuf.sp, goexit.address + 1)
    above = dict.fromkeys(range(stack.hi - 32, stack.hi, 8), 0)
    assert result.stack == {gobuf.sp: goexit.address + 1} | above
    assert [frame.function for frame in result.frames] == ["runtime.main", "runtime.goexit"]
    assert result.meanings["pc"].expression == "runtime.main"
    assert result.meanings["ctxt"].expression == "&runtime.mainPC"
    assert result.meanings["g"].expression == "&g1"
    assert ("ret" in result.meanings) == (gobuf.ret is not None)


def test_gobuf_of_g0(replay: Replay) -> None:
    """mstart has saved it, and every mcall starts there; the thread is deeper in the stack."""
    result = examined(at_gogo(replay), "g0")
    assert (result.forged, result.problems, result.unknown) == (False, (), "")
    assert result.meanings["pc"].name == "runtime.mstart0"
    functions = [frame.function for frame in result.frames]
    assert functions == ["runtime.gogo", "runtime.execute", "runtime.schedule"]


class Changed:
    """A program in which the word at `address` has another value."""

    def __init__(self, replay: Replay, address: int, value: int) -> None:
        self._replay = replay
        self._address = address
        self._value = value

    def __getattr__(self, name: str) -> object:
        return getattr(self._replay, name)

    def bulk(self) -> Changed:
        return self

    def read(self, address: int, size: int) -> bytes:
        data = bytearray(self._replay.read(address, size))
        for place, byte in enumerate(self._value.to_bytes(8, "little"), self._address - address):
            if 0 <= place < size:
                data[place] = byte
        return bytes(data)


def problems(program: Program, field: str, value: int, name: str = MAIN) -> Sequence[str]:
    """Return the problems that are found when a field of the gobuf holds `value`."""
    g = examined(program, name).g
    address = g.address + program.reader.layout("runtime.g").offset(f"sched.{field}")
    return examined(Program(Changed(program.target, address, value)), name).problems  # type: ignore[arg-type]


def test_problems_of_a_goroutine(replay: Replay) -> None:
    program = at_gogo(replay)
    g = examined(program, MAIN).g
    lo, hi = g.stack.lo, g.stack.hi
    outside = f"is outside g1's stack, {lo:#x} to {hi:#x}"
    for field, value, problem in (
        ("g", 0, "g is 0, and not g1: gogo would make it the current g"),
        ("g", g.m, "g is m0, and not g1: gogo would make it the current g"),
        ("sp", lo - 8, f"sp {lo - 8:#x} {outside}"),
        ("sp", hi + 8, f"sp {hi + 8:#x} {outside}"),
        ("sp", hi - 36, f"sp {hi - 36:#x} is not aligned to 8 bytes"),
        ("pc", 0, "pc 0x0 is in no Go function"),
        ("pc", 0xDEAD0000, "pc 0xdead0000 is in no Go function"),
        ("bp", 0x0BADF00D, f"bp 0xbadf00d {outside}"),
    ):
        assert list(problems(program, field, value)) == [problem]
    for field, value in (("sp", hi), ("sp", lo), ("bp", lo + 8), ("pc", g.gopc)):
        assert problems(program, field, value) == ()


def test_problems_of_a_system_stack(replay: Replay) -> None:
    """Only sp is ever loaded, and other words may be 0, but not wrong."""
    program = at_gogo(replay)
    g0 = examined(program, "g0").g
    for field in ("sp", "pc", "g", "bp"):
        assert problems(program, field, 0, "g0") == ()
    assert problems(program, "g", g0.m, "g0") == (
        "g is m0, and not g0: gogo would make it the current g",
    )
    assert len(problems(program, "sp", 0x1001, "g0")) == 2


def test_unreadable_stack_leaves_its_words_out(replay: Replay) -> None:
    """sp is on the stack, but no memory is recorded there."""
    program = at_gogo(replay)
    g = examined(program, MAIN).g
    address = g.address + program.reader.layout("runtime.g").offset("sched.sp")
    target = Changed(replay, address, g.stack.lo + 1024)
    result = examined(Program(target), MAIN)  # type: ignore[arg-type]
    assert result.stack == {}
    assert result.returns_to is None
    assert result.problems == ()
    assert not result.forged


@pytest.mark.parametrize("listing", [ATT, INTEL])
def test_effects_of_gogo(replay: Replay, listing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = at_gogo(replay)
    runtime = program.read()
    g = examined(program, MAIN).g
    lines = listing.split("\n")
    pieces = {0x1000: lines[:4], 0x2000: lines[4:]}
    code = {
        start: [Instruction(start + 4 * n, 4, text) for n, text in enumerate(piece)]
        for start, piece in pieces.items()
    }
    gogo = {"runtime.gogo": Symbol("runtime.gogo", 0x1000, 16)}
    monkeypatch.setattr(replay.symbols, "find", gogo.get)
    monkeypatch.setattr(replay.symbols, "at", lambda address: Symbol("gogo", address, 64))
    monkeypatch.setattr(replay, "instructions", lambda start, end: code[start])
    classifier = AddressClassifier(program, runtime)
    monkeypatch.setattr(classifier, "classify", classify_only(classifier, g.sched.pc, g.sched.ctxt))
    steps = annotate_gogo(program, g, classifier)
    assert [step.text for step in steps] == lines
    assert [effect(step.effect) for step in steps] == [
        "rbx = &g1.sched",
        "rdx = g1.sched.g = g1",
        "rcx = g1.stack.lo",
        "",
        "TLS slot = g1",
        "r14 = g1",
        f"rsp = g1.sched.sp = {g.sched.sp:#x}",
        "rdx = g1.sched.ctxt = runtime.mainPC",
        "g1.sched.sp = 0x0",
        "rbx = g1.sched.pc = runtime.main",
        "to runtime.main",
        "",
    ]


def classify_only(
    classifier: AddressClassifier, pc: int, ctxt: int
) -> Callable[[int], AddressInfo]:
    """Return `classifier.classify`, with symbols for these two addresses only."""
    classify = classifier.classify
    known = {
        pc: AddressInfo("function", "runtime.main"),
        ctxt: AddressInfo("symbol", "runtime.mainPC"),
    }
    return lambda value: known[value] if value in known else classify(value)
