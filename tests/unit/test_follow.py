"""A goroutine's round over recorded stops: every leg, its claims, its words, who does not count."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import gogdb.i18n
from gogdb.boot.locate import locate
from gogdb.errors import GogdbError
from gogdb.follow.claims import claimed
from gogdb.follow.follower import Follow
from gogdb.follow.observation import Record
from gogdb.follow.steps import BEGIN, LEAVING, STEPS
from gogdb.i18n import LANGUAGES, use_language
from gogdb.render.ansi import render
from gogdb.runtime import goroutines
from gogdb.runtime.program import Program
from gogdb.view.follow import card, ended
from gogdb.view.json.follow import as_json
from gogdb.view.narration import narration
from tests.support.replay import Replay
from tests.support.walks import snapshot

HERE = Path(__file__).parent
EXPECTED = HERE / "test_follow_expected"
VERSIONS = ("1.19.8", "1.27.3")
ROUND = [
    *("gopark", "mcall", "mcall-sp", "waiting", "schedule", "next", "ready", "runqput"),
    *("execute", "gogo", "gogo-sp", "gogo-jmp", "back"),
]
WORDS = {
    language: tomllib.loads(
        (Path(gogdb.i18n.__file__).parent / language / "follow.toml").read_text(encoding="utf-8")
    )
    for language in LANGUAGES
}
MORE = ("woken", "scheduled", "moved", "stayed", "fresh", "other", "same", "taken")


def load(version: str) -> Replay:
    return snapshot(f"park-go{version}")


def begin(replay: Replay, way: str = "gopark") -> Follow:
    program = Program(replay)
    return Follow(replay, program, goroutines.find(program, program.read(), "1"), way)


def followed(replay: Replay) -> Follow:
    """The whole round over a snapshot."""
    follow = begin(replay)
    list(follow.run())
    return follow


@cache
def whole_round(version: str) -> Follow:
    """Return the whole round recorded with this Go; shared by all tests, which do not change it."""
    return followed(load(version))


@pytest.fixture(scope="module", params=VERSIONS)
def whole(request: pytest.FixtureRequest) -> Follow:
    return whole_round(request.param)


def test_every_leg_and_every_claim(whole: Follow) -> None:
    assert [record.step.id for record in whole.records] == ROUND
    assert [record.number for record in whole.records] == list(range(1, 14))
    claims = [claim for record in whole.records for claim in record.claims]
    assert len(claims) == 51
    assert [claim for claim in claims if not claim.holds] == []
    assert whole.over is None


def page(follow: Follow, width: int) -> list[str]:
    words = narration("en", "follow")
    docs = [card(record, follow.records[:n], words) for n, record in enumerate(follow.records)]
    docs.append(ended(follow.records, ""))
    return [line for doc in docs for line in [*render(doc, width=width, color=False), ""]]


@pytest.mark.parametrize("width", [80, 120])
def test_the_round_as_people_see_it(whole: Follow, width: int, update: bool) -> None:
    lines = page(whole, width)
    assert max(map(len, lines)) <= width
    file = EXPECTED / f"{whole.program.target.binary.go_version}-{width}.txt"
    text = "\n".join(line.rstrip() for line in lines)
    if update:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_json(whole: Follow) -> None:
    told: Any = as_json(whole.records, whole.g, "go1.x", "/park", narration("en", "follow"))
    assert told["goroutine"]["goid"] == 1
    assert told["summary"] == {
        "stages": 13,
        "claims": 51,
        "failed": 0,
        "complete": True,
        "ended": None,
    }
    back, saved = told["stages"][-1]["registers"], told["stages"][1]["gobuf"]
    assert (back["rsp"], back["rip"], back["rbp"]) == (saved["sp"], saved["pc"], saved["bp"])


def word(value: int) -> bytes:
    return value.to_bytes(8, "little")


def of_g(path: str) -> Callable[[Follow, Record], int]:
    return lambda follow, record: (
        follow.g.address + follow.program.reader.layout("runtime.g").offset(path)
    )


def at_rsp(plus: int = 0) -> Callable[[Follow, Record], int]:
    return lambda follow, record: record.last.sp + plus


# (leg, where, what is put there, claims that must notice)
WRONG = [
    ("mcall", of_g("sched.sp"), word(8), {"sp"}),
    ("mcall", of_g("sched.pc"), word(8), {"pc"}),
    ("mcall", of_g("sched.bp"), word(8), {"bp"}),
    ("waiting", of_g("atomicstatus"), b"\2\0\0\0", {"status"}),
    ("schedule", of_g("m"), word(8), {"nowhere"}),
    ("ready", of_g("sched.sp"), word(8), {"sp-saved"}),
    ("ready", of_g("atomicstatus"), b"\4\0\0\0", {"status"}),
    ("execute", of_g("m"), word(0), {"curg"}),
    ("gogo", of_g("sched.bp"), word(8), {"bp-saved"}),
    ("gogo-jmp", of_g("sched.ctxt"), word(8), {"cleared"}),
    ("gogo-jmp", of_g("sched.pc"), word(8), {"target"}),
    ("back", of_g("atomicstatus"), b"\4\0\0\0", {"status"}),
]


@pytest.mark.parametrize(("leg", "place", "data", "noticing"), WRONG)
def test_one_changed_word_is_caught(
    leg: str,
    place: Callable[[Follow, Record], int],
    data: bytes,
    noticing: set[str],
    truth: Follow,
) -> None:
    replay = load("1.27.3")
    record = next(r for r in truth.records if r.step.id == leg)
    before = truth.records[: record.number]
    stop = sum(len(r.observations) for r in before)  # the first of all is where it began
    replay.change(stop, place(truth, record), data)
    found = begin(replay)
    seen = (r for r in found.run() if r.step.id == leg)
    assert noticing <= {claim.id for claim in next(seen).claims if not claim.holds}


@pytest.fixture(scope="module")
def truth() -> Follow:
    return whole_round("1.27.3")


@pytest.mark.parametrize("register", ["r14", "rax"])
def test_another_goroutine_does_not_count(register: str) -> None:
    """mcall's entry with another g, or for another reason: the recorded stop is not taken."""
    replay = load("1.27.3")
    replay.go_to(1)
    replay.change_register(1, register, replay.registers()[register] + 8)
    replay.go_to(0)
    with pytest.raises(GogdbError, match="where nothing is armed"):
        list(begin(replay).run())
    assert not replay.armed


def test_another_thread_does_not_count() -> None:
    replay = load("1.27.3")
    replay.change_lwp(2, 1)
    with pytest.raises(GogdbError, match="where nothing is armed"):
        list(begin(replay).run())


def test_the_program_ends_midway() -> None:
    replay = load("1.27.3")
    replay.end_after(4)
    follow = followed(replay)
    assert [record.step.id for record in follow.records] == ROUND[:3]
    assert follow.over is not None
    assert (follow.over.how, follow.over.detail) == ("exited", "with code 0")
    assert not replay.armed
    (line,) = [part.text for part in ended(follow.records, "it ended").parts[:1]]  # type: ignore[union-attr]
    assert line == "it ended; seen until then: 3 legs"


def test_what_cannot_be_followed() -> None:
    replay = load("1.27.3")
    program = Program(replay)
    runtime = program.read()
    g0 = goroutines.find(program, runtime, "g0")
    with pytest.raises(GogdbError, match="g0 is a system stack"):
        Follow(replay, program, g0)
    main = goroutines.find(program, runtime, "1")
    with pytest.raises(GogdbError, match="goroutine 1 is dead"):
        Follow(replay, program, main._replace(atomicstatus=6))


def test_the_legs_hang_together() -> None:
    assert {name for leg in STEPS.values() for name in leg.then} <= set(STEPS)
    reached, ahead = set[str](), [*BEGIN, *LEAVING]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += STEPS[name].then
    assert reached == set(STEPS)
    assert [leg.id for leg in STEPS.values() if not leg.then] == ["dead", "back", "resumed"]


@pytest.mark.parametrize("version", VERSIONS)
def test_legs_are_found_in_the_binary(version: str) -> None:
    replay = load(version)
    missing = [leg.id for leg in STEPS.values() if locate(replay, leg).missing]
    assert missing == []


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def leaves(words: Mapping[str, Any], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in words.items():
        name = f"{path}.{key}"
        found |= leaves(value, name) if isinstance(value, dict) else {name: value}
    return found


def test_both_languages_say_the_same() -> None:
    english, chinese = leaves(WORDS["en"]), leaves(WORDS["zh"])
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert fields(text) == fields(chinese[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_leg_has_its_words_and_claims(language: str) -> None:
    words = WORDS[language]
    assert set(words) == set(STEPS) == claimed()
    for leg in words.values():
        assert set(leg) <= {"title", "text", "claims", *MORE}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_is_missing(whole: Follow, language: str) -> None:
    words = narration(language, "follow")
    with use_language(language):
        for record in whole.records:
            told = [
                words.passage(record.step.id, record.values),
                *(words.claim(record.step.id, c) for c in record.claims),
            ]
            bare = [line for line in told if "?" in line.replace("whom shall it run?", "")]
            assert bare == [], record.step.id
            lines = list(render(card(record, (), words), width=80, color=False))
            assert lines
