"""The guided walk's cards, hints and questions, over recorded boots."""

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
from gogdb.commands.card_fit import fit
from gogdb.i18n import LANGUAGES, texts, use_language
from gogdb.render.ansi import render
from gogdb.render.cells import width
from gogdb.view.binding import idle_list
from gogdb.view.doc.document import Doc
from gogdb.view.guide import StageCard, passed, stage_card, verdict
from gogdb.view.guide import question as question_doc
from gogdb.view.guide_text import guide_text
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


def whole_card(record: Record, before: Record | None, lang: str, repeats: bool = True) -> StageCard:
    """Return a card with all that there may be on it."""
    texts = narration(lang), guide_text(lang)
    return stage_card(record, before, *texts, record.hints(), repeats)


def card(record: Record, before: Record | None, lang: str, wide: int, high: int) -> list[str]:
    """Return the lines of a card on a screen that is `wide` cells and `high` lines."""
    with use_language(lang):
        doc = fit(whole_card(record, before, lang), lambda doc: len(lines(doc, wide)), high)
        return lines(doc, wide)


def pairs(walked: Walk) -> Iterator[tuple[Record | None, Record]]:
    """Yield each stage with the one before it."""
    return zip([None, *walked.records], walked.records, strict=False)


def cards(walked: Walk, lang: str, wide: int, high: int) -> Iterator[tuple[Record, list[str]]]:
    for before, record in pairs(walked):
        yield record, card(record, before, lang, wide, high)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_fits_the_smallest_screen(walked: Walk, lang: str) -> None:
    for record, shown in cards(walked, lang, 80, 22):
        stage, page = record.stage.id, "\n".join(shown)
        assert len(shown) <= 22, stage
        assert max(map(width, shown)) <= 80, stage
        hints = [hint for hint in record.hints() if hint.command in page]
        assert hints, stage
        for hint in hints:
            assert hint.answer.replace("\t", "  ") in page, stage
            assert guide_text(lang).hint(stage, hint.id) in page, stage  # not cut
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
    assert sum(map(len, tall)) > sum(map(len, small)) + len(STAGES) * 4


def test_a_failing_claim_is_spelled_out_and_the_card_still_fits(walked: Walk) -> None:
    for before, record in pairs(walked):
        claims = [Claim(c.id, i != 0, c.values) for i, c in enumerate(record.claims)]
        broken = replace(record, claims=claims)
        shown = card(broken, before, "en", 80, 22)
        first = narration("en").claim(record.stage.id, claims[0])
        assert any("✗" in line for line in shown), record.stage.id
        assert first[:20] in "\n".join(shown)
        assert len(shown) <= 22, record.stage.id


def test_card_of_a_stage_that_this_build_does_not_have(walked: Walk) -> None:
    record = replace(walked.records[3], observations=(), claims=(), skipped="cgo")
    shown = card(record, walked.records[2], "en", 80, 22)
    assert "with cgo" in "".join(shown)
    assert record.hints() == []
    assert record.question() is None


def test_stages_on_the_way_in_one_line(walked: Walk) -> None:
    with use_language("en"):
        shown = lines(passed(walked.records[:22], narration("en")))
    assert len(shown) == 1
    count = sum(len(record.claims) for record in walked.records[:22])
    assert shown[0] == f"  → on the way: 22 stages, entry to execute; {count} claims hold"
    assert lines(passed([], narration("en"))) == []


def test_every_stage_has_two_hints_with_texts(walked: Walk) -> None:
    for record in walked.records:
        ids = [hint.id for hint in record.hints()]
        assert len(ids) == 2, record.stage.id
        for lang in LANGUAGES:
            assert list(texts(lang, "guide")[record.stage.id]["try"]) == ids, record.stage.id


def test_hints_without_debug_information(walked: Walk) -> None:
    for record in walked.records:
        for hint in record.hints(has_debug_info=False):
            assert "'" not in hint.command
            assert "$go_" not in hint.command


def questions(walked: Walk) -> dict[str, Question]:
    every = {record.stage.id: record.question() for record in walked.records}
    return {stage: question for stage, question in every.items() if question is not None}


def test_right_answers_are_accepted_and_wrong_ones_refused(walked: Walk) -> None:
    assert list(questions(walked)) == ids_with_question()
    assert len(questions(walked)) >= 10
    for stage, question in questions(walked).items():
        quiz = texts("en", "guide")[stage]["quiz"]
        if question.options:
            assert question.right in question.options, stage
            for letter, name in question.letters.items():
                assert question.judge(letter) == (
                    Verdict(True) if name == question.right else Verdict(False, name)
                )
            assert set(quiz["options"]) == set(question.options)
            assert set(quiz["wrong"]) == set(question.options) - {question.right}
            continue
        assert question.judge(question.right) == Verdict(True)
        assert isinstance(question.right, int)
        for trap, value in question.traps.items():
            assert value != question.right, (stage, trap)
            assert question.judge(value).right is False
        assert len(set(question.traps.values())) == len(question.traps), stage
        assert set(quiz["wrong"]) == set(question.traps)
        assert question.judge(1 << 60) == Verdict(False)


def test_the_right_answers_are_not_always_the_same_letter(walked: Walk) -> None:
    letters = {
        next(letter for letter, name in question.letters.items() if name == question.right)
        for question in questions(walked).values()
        if question.options
    }
    assert letters == {"a", "b", "c"}


def test_the_answer_is_what_this_run_says(walked: Walk) -> None:
    """Another program that has another state gets another answer."""
    by_id = {record.stage.id: record for record in walked.records}
    scheduled = by_id["schedule"]
    bound = replace(scheduled.last, m0=scheduled.last.m0._replace(curg=scheduled.last.tls_g))
    moved = replace(scheduled, observations=(bound,))
    first, other = scheduled.question(), moved.question()
    assert first is not None
    assert other is not None
    assert (first.right, other.right) == ("none", "g0")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_of_questions(walked: Walk, lang: str) -> None:
    guide = guide_text(lang)
    with use_language(lang):
        for question in questions(walked).values():
            options = guide.options(question)
            assert list(options) == list(question.letters)
            shown = lines(question_doc(question, guide))
            assert max(map(width, shown)) <= 80
            assert all(any(option in line for line in shown) for option in options.values())
            names = [*question.options, *question.traps, ""]
            for judged in (Verdict(True), *(Verdict(False, name) for name in names)):
                text = "".join(lines(verdict(question, judged, guide)))
                assert ("✓" in text) is judged.right
                assert "{" not in text
                assert "None" not in text


def test_cards_in_ascii(walked: Walk) -> None:
    for before, record in pairs(walked):
        doc = fit(whole_card(record, before, "en"), lambda doc: len(lines(doc)), 100)
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
    ps = [runtime.ps[0]._replace(id=i, address=0x1000 + i) for i in range(64)]
    sched = runtime.sched._replace(pidle=tuple(p.address for p in ps))
    with use_language("en"):
        (line,) = lines(Doc([idle_list(replace(runtime, ps=ps, sched=sched), runtime)]))
    assert line.endswith("p6 → p7 → … 56 more* → nil")


def test_nothing_is_marked_at_the_first_stage(walked: Walk) -> None:
    (_, shown) = next(cards(walked, "en", 80, 40))
    assert "*" not in "\n".join(shown).replace("*0x", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_enter_is_named_where_it_goes_on(walked: Walk, lang: str) -> None:
    """After `until` Enter repeats that; before the first card nothing may have been typed."""
    name = {"en": "Enter", "zh": "回车"}[lang]
    with use_language(lang):
        for record in walked.records[:-1]:
            last = {
                repeats: lines(whole_card(record, None, lang, repeats).page((), 0))[-1]
                for repeats in (True, False)
            }
            assert all("go-boot step" in line and "…" not in line for line in last.values())
            assert (name in last[False]) is (record.stage is STAGES[0])
            assert name in last[True]
