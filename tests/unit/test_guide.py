"""The guided walk's cards, suggestions and questions, over recorded boots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gogdb.boot.find import ids_with_question
from gogdb.boot.question import Question, Verdict
from gogdb.boot.record import Claim
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.i18n import LANGUAGES, texts, use_language
from gogdb.render.ansi import render
from gogdb.render.cells import width
from gogdb.view.binding import idle_list
from gogdb.view.doc import Doc
from gogdb.view.guide import passed, step, verdict
from gogdb.view.guide import question as asked
from gogdb.view.guide_text import guide
from gogdb.view.narration import narration
from tests.support.walks import VERSIONS, recorded_walk

IDS = [stage.id for stage in STAGES]
# A picture or a table of each stage that its card may not do without, by a word in it
POINT = {
    "entry": "argc",
    "g0-stack": "hi 0x",
    "gostartcall": "sched.sp",
    "procresize": "sched.pidle",
    "save": "gobuf",
    "gogo": "gobuf",
    "gogo-sp": "◄ rsp",
    "runtime-main": "◄ rsp",
    "add": "◄ rsp",
}


@pytest.fixture(scope="module", params=VERSIONS)
def walked(request: pytest.FixtureRequest) -> Walk:
    return recorded_walk(request.param)


def lines(doc: Doc, wide: int = 80, ascii: bool = False) -> list[str]:
    return list(render(doc, width=wide, color=False, ascii=ascii))


def card(record: Record, before: Record | None, lang: str, wide: int, room: int) -> list[str]:
    spoken = (narration(lang), guide(lang))

    def fits(doc: Doc) -> bool:
        return len(lines(doc, wide)) <= room

    with use_language(lang):
        doc = step(record, before, spoken, record.hints(), record.stage.has_question, fits)
        return lines(doc, wide)


def cards(walked: Walk, lang: str, wide: int, room: int) -> Iterator[tuple[Record, list[str]]]:
    for before, record in zip([None, *walked.records], walked.records, strict=False):
        yield record, card(record, before, lang, wide, room)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_fits_the_smallest_screen(walked: Walk, lang: str) -> None:
    for record, shown in cards(walked, lang, 80, 22):
        stage, page = record.stage.id, "\n".join(shown)
        assert len(shown) <= 22, stage
        assert max(map(width, shown)) <= 80, stage
        tried = [hint for hint in record.hints() if hint.command in page]
        assert tried, stage
        for hint in tried:
            assert hint.answer.replace("\t", "  ") in page, stage
            assert guide(lang).hint(stage, hint.id) in page, stage  # not cut
        assert POINT.get(stage, "") in page, stage
        assert ("go-boot quiz" in page) is record.stage.has_question
        assert "go-boot step" in shown[-1]
        assert "…" not in shown[-1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_taller_screen_shows_more(walked: Walk, lang: str) -> None:
    small = [shown for _, shown in cards(walked, lang, 120, 22)]
    tall = [shown for _, shown in cards(walked, lang, 120, 38)]
    assert all(len(shown) <= 38 for shown in tall)
    assert all(len(a) <= len(b) for a, b in zip(small, tall, strict=True))
    assert sum(map(len, tall)) > sum(map(len, small)) + 28 * 4


def test_a_failing_claim_is_spelled_out_and_the_card_still_fits(walked: Walk) -> None:
    for before, record in zip([None, *walked.records], walked.records, strict=False):
        claims = [Claim(c.id, i != 0, c.values) for i, c in enumerate(record.claims)]
        broken = replace(record, claims=claims)
        shown = card(broken, before, "en", 80, 22)
        first = narration("en").claim(record.stage.id, claims[0])
        assert any("✗" in line for line in shown), record.stage.id
        assert first[:20] in "\n".join(shown)
        assert len(shown) <= 22, record.stage.id


def test_a_stage_that_this_build_lacks(walked: Walk) -> None:
    record = replace(walked.records[3], observations=(), claims=(), skipped="cgo")
    shown = card(record, walked.records[2], "en", 80, 22)
    assert "with cgo" in "".join(shown)
    assert record.hints() == []
    assert record.question() is None


def test_what_was_passed_in_a_line(walked: Walk) -> None:
    with use_language("en"):
        said = lines(passed(walked.records[:22], narration("en")))
    assert len(said) == 1
    count = sum(len(record.claims) for record in walked.records[:22])
    assert said[0] == f"  → on the way: 22 stages, entry to execute; {count} claims hold"
    assert lines(passed([], narration("en"))) == []


def test_every_stage_has_two_suggestions_with_words(walked: Walk) -> None:
    for record in walked.records:
        found = record.hints()
        assert len(found) == 2, record.stage.id
        for lang in LANGUAGES:
            told = texts(lang, "guide")[record.stage.id]["try"]
            assert list(told) == [hint.id for hint in found], record.stage.id


def test_suggestions_without_debug_information(walked: Walk) -> None:
    for record in walked.records:
        for hint in record.hints(has_debug_info=False):
            assert "'" not in hint.command
            assert "$go_" not in hint.command


def questions(walked: Walk) -> dict[str, Question]:
    found = {record.stage.id: record.question() for record in walked.records}
    return {stage: asked for stage, asked in found.items() if asked is not None}


def test_right_answers_are_accepted_and_wrong_ones_refused(walked: Walk) -> None:
    found = questions(walked)
    assert list(found) == ids_with_question()
    assert len(found) >= 10
    for stage, asked_ in found.items():
        told = texts("en", "guide")[stage]["quiz"]
        if asked_.options:
            assert asked_.right in asked_.options, stage
            for letter, name in asked_.letters.items():
                assert asked_.judge(letter) == (
                    Verdict(True) if name == asked_.right else Verdict(False, name)
                )
            assert set(told["options"]) == set(asked_.options)
            assert set(told["wrong"]) == set(asked_.options) - {asked_.right}
            continue
        assert asked_.judge(asked_.right) == Verdict(True)
        assert isinstance(asked_.right, int)
        for trap, value in asked_.traps.items():
            assert value != asked_.right, (stage, trap)
            assert asked_.judge(value).right is False
        assert len(set(asked_.traps.values())) == len(asked_.traps), stage
        assert set(told["wrong"]) == set(asked_.traps)
        assert asked_.judge(1 << 60) == Verdict(False)


def test_the_right_answers_are_not_always_the_same_letter(walked: Walk) -> None:
    letters = {
        next(letter for letter, name in asked.letters.items() if name == asked.right)
        for asked in questions(walked).values()
        if asked.options
    }
    assert letters == {"a", "b", "c"}


def test_the_answer_is_what_this_run_says(walked: Walk) -> None:
    """Another program that has another state gets another answer."""
    by_id = {record.stage.id: record for record in walked.records}
    scheduled = by_id["schedule"]
    bound = replace(scheduled.last, m0=replace(scheduled.last.m0, curg=scheduled.last.tls_g))
    moved = replace(scheduled, observations=(bound,))
    first, other = scheduled.question(), moved.question()
    assert first is not None
    assert other is not None
    assert (first.right, other.right) == ("none", "g0")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_questions_in_words(walked: Walk, lang: str) -> None:
    spoken = guide(lang)
    with use_language(lang):
        for found in questions(walked).values():
            options = spoken.options(found)
            assert list(options) == list(found.letters)
            shown = lines(asked(found, spoken))
            assert max(map(width, shown)) <= 80
            assert all(any(told in line for line in shown) for told in options.values())
            names = [*found.options, *found.traps, ""]
            for judged in (Verdict(True), *(Verdict(False, name) for name in names)):
                said = "".join(lines(verdict(found, judged, spoken)))
                assert ("✓" in said) is judged.right
                assert "{" not in said
                assert "None" not in said


def test_ascii(walked: Walk) -> None:
    for before, record in zip([None, *walked.records], walked.records, strict=False):
        doc = step(
            record, before, (narration("en"), guide("en")), record.hints(), True, lambda _: True
        )
        assert all(line.isascii() for line in lines(doc, ascii=True)), record.stage.id


MARKED = {
    "procresize": ("── p0*", "sched.pidle  p1*"),
    "runqput": ("next g1*",),
    "findrunnable": ("next –*",),
    "execute": ("── g1* running*",),
    "gogo-jmp": ("sp * ", "ctxt * "),
    "gogo-sp": ("rsp * ",),
    "main-main": ("m1*",),
}


def test_what_changed_is_marked_without_colour(walked: Walk) -> None:
    for record, shown in cards(walked, "en", 80, 40):
        page = "\n".join(shown)
        for mark in MARKED.get(record.stage.id, ()):
            assert mark in page, record.stage.id
            assert "* changed since the last stage" in page


def test_a_long_idle_list_is_folded(walked: Walk) -> None:
    runtime = next(r for r in walked.records if r.stage.id == "procresize").shown.runtime
    ps = [replace(runtime.ps[0], id=i, address=0x1000 + i) for i in range(64)]
    sched = replace(runtime.sched, pidle=tuple(p.address for p in ps))
    with use_language("en"):
        (line,) = lines(Doc([idle_list(replace(runtime, ps=ps, sched=sched), runtime)]))
    assert line.endswith("p6 → p7 → … 56 more* → nil")


def test_nothing_is_marked_at_the_first_stage(walked: Walk) -> None:
    (_, shown) = next(cards(walked, "en", 80, 40))
    assert "*" not in "\n".join(shown).replace("*0x", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_enter_is_named_where_it_goes_on(walked: Walk, lang: str) -> None:
    """After `until` Enter repeats that; before the first card nothing may have been typed."""
    spoken = (narration(lang), guide(lang))
    name = {"en": "Enter", "zh": "回车"}[lang]
    with use_language(lang):
        for record in walked.records[:-1]:
            last = {
                enter: lines(
                    step(
                        record,
                        None,
                        spoken,
                        (),
                        record.stage.has_question,
                        lambda _: True,
                        enter,
                    )
                )[-1]
                for enter in (True, False)
            }
            assert all("go-boot step" in line and "…" not in line for line in last.values())
            assert (name in last[False]) is (record.stage is STAGES[0])
            assert name in last[True]
