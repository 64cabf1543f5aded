"""`go-boot follow` a step at a time, over recorded rounds: cards, and steps that are ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from gogdb.boot.record import Claim
from gogdb.follow.follower import Follower
from gogdb.follow.position import Position
from gogdb.follow.step import EXIT_REASONS, Record, Step
from gogdb.follow.steps import STEPS
from gogdb.i18n import LANGUAGES, texts, use_language
from gogdb.render.ansi import render
from gogdb.render.cells import width
from gogdb.runtime import goroutines
from gogdb.runtime.model import GRUNNING, GWAITING
from gogdb.runtime.program import Program
from gogdb.view.card_fit import fit
from gogdb.view.doc.document import Note
from gogdb.view.follow_card import step_card, stopped, waiting
from gogdb.view.follow_guide import follow_guide
from gogdb.view.guide import StageCard
from gogdb.view.narration import narration
from tests.support.recorded_rounds import (
    ROUND,
    follower_of_main,
    last_stop,
    load,
    recorded_coroutine,
    recorded_round,
    recorded_syscall,
)
from tests.support.replay import Replay

RECORDED: tuple[Callable[[], Follower], ...] = (
    lambda: recorded_round("1.19.8"),
    lambda: recorded_round("1.27.3"),
    recorded_syscall,
    recorded_coroutine,
)
# A picture or a table of a step that its card may not do without, by a word in it
POINT = {
    "gopark": "runtime.gopark",
    "mcall": "gobuf",
    "mcall-sp": "at sched.sp",
    "next": "runnext",
    "gogo": "gobuf",
    "gogo-sp": "◄ rsp",
    "back": "register",
    "entersyscall": "syscallsp",
}


def whole_card(record: Record, past: list[Record], lang: str) -> StageCard:
    """Return a card with all that there may be on it."""
    hints = record.hints(has_debug_info=True)
    catalogues = narration(lang, "follow"), follow_guide(lang)
    return step_card(record, past, *catalogues, hints, "go-boot follow 1 async-preempt")


def card(record: Record, past: list[Record], lang: str, high: int) -> list[str]:
    """Return the lines of a card on a screen of 80 cells and `high` lines."""

    def lines(doc: object) -> list[str]:
        return list(render(doc, width=80, color=False))  # type: ignore[arg-type]

    with use_language(lang):
        doc = fit(whole_card(record, past, lang), lambda doc: len(lines(doc)), high)
        return lines(doc)


def cards(lang: str, high: int) -> Iterator[tuple[Record, list[str]]]:
    for recorded in RECORDED:
        records = recorded().records
        for number, record in enumerate(records):
            yield record, card(record, records[:number], lang, high)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_fits_the_smallest_screen(lang: str) -> None:
    for record, shown in cards(lang, 21):  # one line says what was waited for
        step, page = record.step.id, "\n".join(shown)
        assert len(shown) <= 21, step
        assert max(map(width, shown)) <= 80, step
        hints = [hint for hint in record.hints(True) if hint.command in page]
        assert hints, step
        for hint in hints:
            assert hint.answer.replace("\t", "  ") in page, step
            assert follow_guide(lang).hint(hint.id) in page, step  # not cut
        if lang == "en":
            assert POINT.get(step, "") in page, step
        assert "…" not in shown[-1]
        assert ("go-boot follow 1 async-preempt" in shown[-1]) is (not record.step.then)


def test_a_taller_screen_shows_more() -> None:
    small, tall = ([shown for _, shown in cards("en", high)] for high in (22, 38))
    assert all(len(a) <= len(b) <= 38 for a, b in zip(small, tall, strict=True))
    assert sum(map(len, tall)) > sum(map(len, small)) + len(tall) * 2


def test_failing_claim_is_written_out() -> None:
    *past, record = recorded_round("1.27.3").records
    first, *others = record.claims
    broken = replace(record, claims=[Claim(first.id, False, first.values), *others])
    shown = "\n".join(card(broken, past, "en", 22))
    assert "✗ r14 and the TLS slot both name g1" in shown
    assert "1 claim did not hold" in shown


def test_what_is_waited_for() -> None:
    follower = follower_of_main(load("1.27.3"))
    said: dict[str | None, str] = {}
    while not follower.is_over:
        text = "".join(render(waiting(follower, follow_guide("en")), width=80, color=False))
        said[follower.awaited] = text
        follower.next_step()
    assert {step: text for step, text in said.items() if text} == {
        "gopark": "  → waiting for g1 to park; Ctrl-C ends it",
        "next": "  → waiting for m0 to find a goroutine that can run; Ctrl-C ends it",
        "ready": "  → waiting for something to make g1 runnable; Ctrl-C ends it",
        "execute": "  → waiting for an M to run g1; Ctrl-C ends it",
    }
    assert set(texts("en", "follow-guide")["awaited"]) >= {"any", *EXIT_REASONS}


def test_goroutine_that_is_found_off_the_cpu_is_not_waited_for() -> None:
    replay = load("1.27.3")
    program = Program(replay)
    main = goroutines.find(program, program.read(), "1")
    follower = Follower(replay, program, main._replace(atomicstatus=GWAITING))
    assert follower.awaited is None
    assert Follower(replay, program, main).awaited == ""


def test_program_that_exits_has_no_next_step() -> None:
    replay = load("1.27.3")
    replay.end_after(2)
    follower = follower_of_main(replay)
    assert follower.next_step() is not None
    assert follower.next_step() is None
    text = "the program exited with code 0; seen until then: 1 step"
    assert stopped(follower).parts == [Note(text, "warn")]


def at_step(replay: Replay, step: str) -> Follower:
    """Follow goroutine 1 up to a step."""
    follower = follower_of_main(replay)
    for expected in ROUND:
        record = follower.next_step()
        assert record is not None
        assert record.step.id == expected
        if expected == step:
            return follower
    raise AssertionError(step)


@pytest.mark.parametrize("step", ROUND[:-1])
def test_round_that_nothing_has_touched_goes_on(step: str) -> None:
    follower = at_step(load("1.27.3"), step)
    assert not follower.is_overtaken
    record = follower.next_step()
    assert record is not None
    assert record.step.id == ROUND[ROUND.index(step) + 1]


@pytest.mark.parametrize("step", [step for step in ROUND[:-1] if step != "gogo-jmp"])
def test_round_of_a_goroutine_that_was_run_is_overtaken(step: str) -> None:
    """Its gobuf is another one, and its thread is elsewhere."""
    truth, replay = recorded_round("1.27.3"), load("1.27.3")
    follower = at_step(replay, step)
    stop = last_stop(truth, step)
    replay.change_register(stop, "rip", truth.records[-1].last.pc)
    replay.change(
        stop,
        truth.g.address + truth.program.reader.layout("runtime.g").offset("sched.pc"),
        bytes(8),
    )
    assert follower.is_overtaken


def test_thread_that_has_been_stepped_to_the_next_stop() -> None:
    """One `stepi` from mcall to mcall-sp."""
    replay = load("1.27.3")
    follower = at_step(replay, "mcall")
    replay.go_to(last_stop(recorded_round("1.27.3"), "mcall-sp"))
    assert not follower.is_overtaken
    record = follower.next_step()
    assert record is not None
    assert (record.step.id, record.number) == ("mcall-sp", 3)


def test_thread_of_a_waiting_goroutine_does_other_work() -> None:
    """The steps that only this thread could make are left out; the goroutine is still awaited."""
    truth, replay = recorded_round("1.27.3"), load("1.27.3")
    follower = at_step(replay, "waiting")
    replay.go_to(last_stop(truth, "next"))
    assert not follower.is_overtaken
    record = follower.next_step()
    assert record is not None
    assert (record.step.id, record.number) == ("ready", 5)


LAST = Position(GRUNNING, 8, (0, 0, 0), "runtime.mcall", 0x100, 0x8000)


@pytest.mark.parametrize(
    ("function", "pc", "sp", "is_before"),
    [
        ("runtime.mcall", 0x104, 0x8000, True),
        ("runtime.mcall", 0x110, 0x8000, True),
        ("runtime.mcall", 0x114, 0x8000, False),  # past the stop
        ("runtime.mcall", 0xF0, 0x8000, False),  # another call
        ("main.main", 0x500, 0x8040, False),  # it has returned
    ],
)
def test_thread_before_a_stop_in_the_same_function(
    function: str, pc: int, sp: int, is_before: bool
) -> None:
    now = LAST._replace(function=function, pc=pc, sp=sp)
    assert now.is_before(0x110, "runtime.mcall", LAST) is is_before


def test_thread_before_a_stop_in_a_function_that_is_called() -> None:
    now = LAST._replace(function="runtime.park_m", pc=0x900, sp=0x7F00)
    assert now.is_before(0xA00, "runtime.casgstatus", LAST)
    assert not now._replace(sp=0x8100).is_before(0xA00, "runtime.casgstatus", LAST)
    assert LAST.on_cpu
    assert not LAST._replace(status=GWAITING).on_cpu


def test_every_step_has_hints() -> None:
    assert [id for id, step in STEPS.items() if type(step).hints is Step.hints] == []
