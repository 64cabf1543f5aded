"""`go-boot follow` over recorded stops: every step, its claims and texts, arrivals that count."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gogdb.i18n
from gogdb.boot.locate import locate_stops
from gogdb.errors import GogdbError
from gogdb.follow.arrival import Arrival, CallsMcall
from gogdb.follow.follower import Follower
from gogdb.follow.step import EXIT_REASONS, Evidence, Record
from gogdb.follow.steps import INITIAL_STEPS, STEPS
from gogdb.i18n import LANGUAGES, use_language
from gogdb.render.ansi import render
from gogdb.runtime import goroutines
from gogdb.runtime.program import Program
from gogdb.view.doc.document import Note
from gogdb.view.follow import card, ended
from gogdb.view.json.follow import as_json
from gogdb.view.narration import narration
from tests.support.normalize import squeezed
from tests.support.recorded_rounds import (
    ROUND,
    follow,
    follower_of,
    follower_of_main,
    last_stop,
    load,
    recorded_coroutine,
    recorded_round,
    recorded_syscall,
)
from tests.support.replay import Replay
from tests.support.walks import snapshot

EXPECTED = Path(__file__).parent / "test_follow_expected.txt"
VERSIONS = ("1.19.8", "1.27.3")
IN_COROUTINES = ["handover", "handback"]
COROUTINE = ["coroswitch", *ROUND[1:3], *IN_COROUTINES, *ROUND[-4:]]
SYSCALL = ["entersyscall", "handoff", "exitsyscall", "resumed"]
CATALOGUES = {
    language: tomllib.loads(
        (Path(gogdb.i18n.__file__).parent / language / "follow.toml").read_text(encoding="utf-8")
    )
    for language in LANGUAGES
}
# The keys of sentences that a text ends with in some rounds, by step
SENTENCES = {
    "parked": {"fresh"},
    "queued": {"fresh"},
    "in-syscall": {"cgo"},
    "goexit": {"returned", "called"},
    "coroswitch": {"waits", "ends"},
    "waiting": {"locked"},
    "runnable": {"queued", "no-p"},
    "next": {"from"},
    "ready": {"woken", "scheduled", "refused", "moved", "stayed"},
    "runqput": {"taken"},
    "execute": {"other", "same"},
    "gogo": {"moved"},
    "gogo-jmp": {"resumed", "fresh"},
    "entersyscall": {"cgo"},
    "handoff": {"sysmon"},
    "back": {"other"},
}


@pytest.fixture(scope="module", params=VERSIONS)
def followed(request: pytest.FixtureRequest) -> Follower:
    return recorded_round(request.param)


def test_every_step_is_seen_and_every_claim_holds(followed: Follower) -> None:
    assert [record.step.id for record in followed.records] == ROUND
    assert [record.number for record in followed.records] == list(range(1, 14))
    claims = [claim for record in followed.records for claim in record.claims]
    assert len(claims) == 52
    assert [claim for claim in claims if not claim.holds] == []
    assert followed.stopped is None


def test_every_step_of_a_system_call_is_seen_and_every_claim_holds() -> None:
    records = recorded_syscall().records
    assert [record.step.id for record in records] == SYSCALL
    claims = [claim for record in records for claim in record.claims]
    assert len(claims) == 13
    assert [claim for claim in claims if not claim.holds] == []
    assert "sysmon does so when a system call takes longer" in spoken(records[1], "en")[0]


def test_every_step_of_a_coroutine_is_seen_and_every_claim_holds() -> None:
    records = recorded_coroutine().records
    assert [record.step.id for record in records] == COROUTINE
    claims = [claim for record in records for claim in record.claims]
    assert len(claims) == 42
    assert [claim for claim in claims if not claim.holds] == []


def test_gogo_of_another_gobuf_does_not_count() -> None:
    """coroswitch_m continues the goroutine that its argument on the stack belongs to."""
    replay = snapshot("coroutine-go1.27.3")
    site = recorded_coroutine().records[COROUTINE.index("handback")].last.pc
    stops = [stop for stop in range(replay.stops) if pc_at(replay, stop) == site]
    assert len(stops) == 2  # of the handover, and of the handback
    replay.go_to(stops[1])
    replay.change(stops[1], replay.registers().sp, bytes(8))
    replay.go_to(0)
    with pytest.raises(GogdbError, match="nothing is armed"):
        list(follower_of(replay, "1", "coroswitch").run())


def pc_at(replay: Replay, stop: int) -> int:
    replay.go_to(stop)
    return replay.registers().pc


def test_handoff_of_another_p_does_not_count() -> None:
    replay = snapshot("syscall-go1.19.8")
    replay.go_to(2)
    replay.change_register(2, "rax", replay.registers()["rax"] + 8)
    replay.go_to(0)
    with pytest.raises(GogdbError, match="where nothing is armed"):
        list(follower_of(replay, "6", "entersyscall").run())


def page(follower: Follower, width: int) -> list[str]:
    words = narration("en", "follow")
    records = follower.records
    docs = [card(record, records[:n], words) for n, record in enumerate(records)]
    docs.append(ended(records, ""))
    return [line for doc in docs for line in [*render(doc, width=width, color=False), ""]]


def test_whole_page(check_file: Callable[[Path, str], None]) -> None:
    """One Go and one width; the others have the same words, see `test_page_of_any_go`."""
    lines = page(recorded_round("1.27.3"), 80)
    check_file(EXPECTED, "\n".join(line.rstrip() for line in lines))


@pytest.mark.parametrize("width", [80, 120])
def test_page_of_any_go(followed: Follower, width: int) -> None:
    lines = page(followed, width)
    assert max(map(len, lines)) <= width
    cards = re.split(r"^(?=━━ )", "\n".join(lines), flags=re.M)[1:]
    words = narration("en", "follow")
    for record, text in zip(followed.records, cards[: len(followed.records)], strict=True):
        step = record.step.id
        assert text.startswith(f"━━ {record.number} · {step} ━"), step
        assert squeezed(words.passage(step, record.values, record.sentences)) in squeezed(text), (
            step
        )
        for claim in record.claims:
            assert f"✓{squeezed(words.claim(step, claim))}" in squeezed(text), step
        for instruction in record.listing.code:
            assert f"  {instruction.address:#x}  " in text, step


def test_round_as_json(followed: Follower) -> None:
    words = narration("en", "follow")
    answer: Any = as_json(followed.records, followed.g, "go1.x", "/park", words)
    assert answer["goroutine"]["goid"] == 1
    assert answer["summary"] == {
        "stages": 13,
        "claims": 52,
        "failed": 0,
        "complete": True,
        "ended": None,
    }
    back, saved = answer["stages"][-1]["registers"], answer["stages"][1]["gobuf"]
    assert (back["rsp"], back["rip"], back["rbp"]) == (saved["sp"], saved["pc"], saved["bp"])


def as_word(value: int) -> bytes:
    return value.to_bytes(8, "little")


# (step, field of its g, the bytes put there, claims that must notice)
CHANGED_FIELDS = [
    ("mcall", "sched.sp", as_word(8), {"sp"}),
    ("mcall", "sched.pc", as_word(8), {"pc"}),
    ("mcall", "sched.bp", as_word(8), {"bp"}),
    ("waiting", "atomicstatus", b"\2\0\0\0", {"status"}),
    ("schedule", "m", as_word(8), {"nowhere"}),
    ("ready", "sched.sp", as_word(8), {"sp-saved"}),
    ("ready", "atomicstatus", b"\4\0\0\0", {"status"}),
    ("execute", "m", as_word(0), {"curg"}),
    ("gogo", "sched.bp", as_word(8), {"bp-saved"}),
    ("gogo-jmp", "sched.ctxt", as_word(8), {"cleared"}),
    ("gogo-jmp", "sched.pc", as_word(8), {"target"}),
    ("back", "atomicstatus", b"\4\0\0\0", {"status"}),
]


@pytest.mark.parametrize(("step", "field", "data", "failing"), CHANGED_FIELDS)
def test_claims_fail_when_one_field_of_the_g_is_changed(
    step: str, field: str, data: bytes, failing: set[str]
) -> None:
    truth = recorded_round("1.27.3")
    number = ROUND.index(step) + 1
    # The recording begins with a stop where nothing is observed
    stop = sum(len(record.observations) for record in truth.records[:number])
    offset = truth.program.reader.layout("runtime.g").offset(field)
    replay = load("1.27.3")
    replay.change(stop, truth.g.address + offset, data)
    record = next(r for r in follower_of_main(replay).run() if r.step.id == step)
    assert failing <= {claim.id for claim in record.claims if not claim.holds}


# (step, fields of its last stop, the sentences that follow from them)
CHANGED_STOPS: list[tuple[str, dict[str, object], list[str]]] = [
    ("ready", {}, ["woken", "stayed"]),
    ("ready", {"function": "runtime.park_m"}, ["refused", "stayed"]),
    ("waiting", {}, ["locked"]),
    ("waiting", {"function": "runtime.coroswitch_m"}, []),
    ("gogo-jmp", {}, ["resumed"]),
]


@pytest.mark.parametrize(("step", "fields", "sentences"), CHANGED_STOPS)
def test_sentences_depend_on_what_was_observed(
    step: str, fields: dict[str, Any], sentences: list[str]
) -> None:
    records = recorded_round("1.27.3").records
    number = ROUND.index(step)
    *before, last = records[number].observations
    evidence = Evidence([*before, replace(last, **fields)], records[:number])
    assert list(STEPS[step].sentences(evidence)) == sentences


@pytest.mark.parametrize(
    ("step", "function", "sentences"),
    [
        ("goexit", "runtime.Goexit", ["called"]),
        ("goexit", "main.main", ["returned"]),
        ("entersyscall", "runtime.cgocall", ["cgo"]),
        ("entersyscall", "syscall.Syscall", []),
        ("in-syscall", "runtime.cgocall", ["cgo"]),
    ],
)
def test_sentences_depend_on_the_frames(step: str, function: str, sentences: list[str]) -> None:
    stop = recorded_round("1.27.3").records[0].last
    frames = [frame._replace(function=function) for frame in stop.frames]
    evidence = Evidence([replace(stop, frames=frames, goroutine_frames=frames)], ())
    assert list(STEPS[step].sentences(evidence)) == sentences


def test_goroutine_that_another_p_has_taken_from_the_queue() -> None:
    truth, replay = recorded_round("1.27.3"), load("1.27.3")
    stop = last_stop(truth, "runqput")
    ps = truth.records[ROUND.index("runqput")].last.runtime.ps
    runnext = truth.program.reader.layout("runtime.p").offset("runnext")
    for p in ps:
        replay.change(stop, p.address + runnext, as_word(0 if p.runnext else truth.g.address))
    record = next(r for r in follower_of_main(replay).run() if r.step.id == "runqput")
    assert record.holds
    assert record.sentences == ["taken"]


def test_goroutine_that_another_p_has_run_meanwhile() -> None:
    """Its gobuf is another one, which later steps are compared with."""
    truth, replay = recorded_round("1.27.3"), load("1.27.3")
    sp = truth.program.reader.layout("runtime.g").offset("sched.sp")
    saved = truth.records[ROUND.index("runqput")].last.goroutine.sched.sp
    for stop in range(last_stop(truth, "runqput"), last_stop(truth, "gogo") + 1):
        replay.change(stop, truth.g.address + sp, as_word(saved - 64))
    records = {record.step.id: record for record in follower_of_main(replay).run()}
    assert records["gogo"].holds
    assert records["gogo"].saved is not None
    assert records["gogo"].saved.sp == saved - 64
    assert records["execute"].sentences == []  # which thread it left last is not known


@pytest.mark.parametrize("register", ["r14", "rax"])
def test_arrival_with_another_g_or_function_does_not_count(register: str) -> None:
    """The recorded stop at mcall's entry is passed by, and the recording has no other."""
    replay = load("1.27.3")
    replay.go_to(1)
    replay.change_register(1, register, replay.registers()[register] + 8)
    replay.go_to(0)
    with pytest.raises(GogdbError, match="where nothing is armed"):
        list(follower_of_main(replay).run())
    assert not replay.armed


@pytest.mark.parametrize("preempt_stop", [False, True])
def test_preempt_stop_tells_what_asyncpreempt2_calls_mcall_for(
    preempt_stop: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recording has no preemption: park_m stands in for the function that it would call."""
    monkeypatch.setattr("gogdb.follow.arrival.ASYNC_PREEMPT_FUNCTION", "runtime.park_m")
    replay, truth = load("1.27.3"), recorded_round("1.27.3")
    flag = truth.g.address + truth.program.reader.layout("runtime.g").offset("preemptStop")
    replay.change(1, flag, bytes([preempt_stop]))
    replay.go_to(1)
    arrival = Arrival(Program(replay), replay.registers(), 1, truth.g.address, None)
    for suspended in (False, True):
        condition = CallsMcall(("runtime.park_m",), suspended=suspended)
        assert condition.holds(arrival) == (suspended == preempt_stop)


def test_arrival_of_another_thread_does_not_count() -> None:
    replay = load("1.27.3")
    replay.change_lwp(2, 1)
    with pytest.raises(GogdbError, match="where nothing is armed"):
        list(follower_of_main(replay).run())


def test_program_exits_midway() -> None:
    replay = load("1.27.3")
    replay.end_after(4)
    follower = follow(replay)
    assert [record.step.id for record in follower.records] == ROUND[:3]
    assert follower.stopped is not None
    assert (follower.stopped.how, follower.stopped.detail) == ("exited", "with code 0")
    assert not replay.armed
    warning = ended(follower.records, "it ended").parts[0]
    assert warning == Note("it ended; seen until then: 3 steps", "warn")


def test_system_stacks_and_dead_goroutines_are_refused() -> None:
    replay = load("1.27.3")
    program = Program(replay)
    runtime = program.read()
    g0 = goroutines.find(program, runtime, "g0")
    with pytest.raises(GogdbError, match="g0 is a system stack"):
        Follower(replay, program, g0)
    main = goroutines.find(program, runtime, "1")
    with pytest.raises(GogdbError, match="goroutine 1 is dead"):
        Follower(replay, program, main._replace(atomicstatus=6))


def test_every_step_can_be_reached() -> None:
    assert {id for step in STEPS.values() for id in step.then} <= set(STEPS)
    reached, ahead = set[str](), [*INITIAL_STEPS.values(), *EXIT_REASONS]
    while ahead:
        id = ahead.pop()
        if id not in reached:
            reached.add(id)
            ahead += STEPS[id].then
    assert reached == set(STEPS)
    assert [step.id for step in STEPS.values() if not step.then] == ["dead", "back", "resumed"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_stop_is_in_the_binary(version: str) -> None:
    missing = missing_stops(load(version))
    assert missing == IN_COROUTINES  # the program has none
    assert missing_stops(snapshot("coroutine-go1.27.3")) == []


def missing_stops(replay: Replay) -> list[str]:
    """Return the steps that lack a stop in this program."""
    return [id for id, step in STEPS.items() if locate_stops(replay, step.stops).missing]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def texts(catalogue: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Return the texts of a catalogue by their keys with dots."""
    flat: dict[str, str] = {}
    for key, value in catalogue.items():
        name = f"{path}.{key}"
        flat |= texts(value, name) if isinstance(value, dict) else {name: value}
    return flat


def test_both_languages_have_the_same_texts_and_placeholders() -> None:
    english, chinese = texts(CATALOGUES["en"]), texts(CATALOGUES["zh"])
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert placeholders(text) == placeholders(chinese[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_texts(language: str) -> None:
    catalogue = CATALOGUES[language]
    assert set(catalogue) == set(STEPS)
    for id, words in catalogue.items():
        assert set(words) == {"title", "text", "claims", *SENTENCES.get(id, ())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_has_a_value(followed: Follower, language: str) -> None:
    words = narration(language, "follow")
    with use_language(language):
        others = (recorded_syscall(), recorded_coroutine())
        for record in [*followed.records, *(r for other in others for r in other.records)]:
            lines = spoken(record, language)
            asked = [line.replace("which goroutine runs next?", "") for line in lines]
            assert [line for line in asked if "?" in line] == [], record.step.id
            assert list(render(card(record, (), words), width=80, color=False))


def spoken(record: Record, language: str) -> list[str]:
    """Return the text and the claims of a step."""
    words, id = narration(language, "follow"), record.step.id
    text = words.passage(id, record.values, record.sentences)
    return [text, *(words.claim(id, claim) for claim in record.claims)]
