"""The guided walk's cards, hints and questions, over recorded boots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gogdb.boot.answer import parse_number
from gogdb.boot.question import Question, Solution, Verdict
from gogdb.boot.record import Claim
from gogdb.boot.score import Score
from gogdb.boot.stage import Evidence, Record
from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.i18n import LANGUAGES, texts, use_language
from gogdb.render.ansi import render
from gogdb.render.cells import width
from gogdb.view.binding import idle_list
from gogdb.view.card_fit import fit
from gogdb.view.doc.document import Doc
from gogdb.view.guide import StageCard, passed, stage_card
from gogdb.view.guide_text import guide_text
from gogdb.view.narration import narration
from gogdb.view.question import final_score, outcome, score_so_far, to_look_at_again, verdict
from gogdb.view.question import question as question_doc
from gogdb.view.question_text import question_text
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
        assert ("go-boot quiz" in page) is (record.stage is not STAGES[0])
        assert "go-boot step" in shown[-1]
        assert "…" not in shown[-1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_below_gogdbs_window_needs_no_pager(walked: Walk, lang: str) -> None:
    """The command window of the TUI has eight lines of 80 cells on a terminal of 24 lines."""
    for before, record in pairs(walked):
        card = whole_card(record, before, lang).below_head()
        shown = lines(fit(card, lambda doc: len(lines(doc, 79)), 7), 79)
        assert len(shown) <= 7, record.stage.id
        assert "━━" not in "".join(shown)  # the heading is in the window
        assert shown[0] in narration(lang).text(record)
        assert "go-boot" in shown[-1]


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
    assert record.solution() is None


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


def questions(walked: Walk) -> dict[str, tuple[Question, Solution]]:
    """Return the question of each stage, and what the walk says about it."""
    every = {record.stage.id: (record.question, record.solution()) for record in walked.records}
    return {stage: (q, s) for stage, (q, s) in every.items() if q is not None and s is not None}


def test_every_stage_has_a_question_with_an_answer(walked: Walk) -> None:
    assert list(questions(walked)) == IDS


def test_right_answers_are_accepted_and_wrong_ones_refused(walked: Walk) -> None:
    for stage, (question, solution) in questions(walked).items():
        catalogue = texts("en", "questions")[stage]
        assert solution.judge(solution.right) == Verdict(True)
        if question.options:
            assert solution.right in question.options, stage
            assert list(catalogue["options"]) == list(question.options)
            assert set(catalogue["wrong"]) == set(question.options) - {solution.right}
            for name in catalogue["wrong"]:
                assert solution.judge(name) == Verdict(False, name)
            continue
        assert isinstance(solution.right, int)
        assert set(catalogue["wrong"]) == set(solution.traps)
        for value in {*solution.traps.values()} - {solution.right}:
            verdict = solution.judge(value)
            assert not verdict.right
            assert solution.traps[verdict.because] == value
        assert solution.judge(1 << 60) == Verdict(False)


def test_most_traps_are_no_right_answers(walked: Walk) -> None:
    """A trap that is right in a run is one of small numbers: of CPUs, say."""
    for stage, (_, solution) in questions(walked).items():
        right = [name for name, value in solution.traps.items() if value == solution.right]
        assert right == [] or stage in ("osinit", "procresize"), (stage, right)


def test_what_a_question_names_was_known_before_its_stage(walked: Walk) -> None:
    past: dict[str, Record] = {}
    for record in walked.records:
        assert record.stage.question(Evidence((), past)) == record.question
        past[record.stage.id] = record


def test_no_question_without_what_it_names(walked: Walk) -> None:
    stages = {stage.id: stage for stage in STAGES}
    for stage in ("rt0-go", "procresize"):
        assert stages[stage].question(Evidence((), {})) is None
        record = replace(walked.records[stages[stage].number - 1], question=None)
        assert record.solution() is None


def test_an_option_by_its_letter_or_its_name() -> None:
    question = Question("malg", ("idle", "runnable", "dead"))
    for text in ("c", "C", " c ", "(c)", "c)", "c.", "dead", "Dead"):
        assert question.option(text) == "dead"
    for text in ("", "d", "cc", "deadly", "3"):
        assert question.option(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("40", 40),
        (" 0x28 ", 40),
        ("0X28", 40),
        ("-8", -8),
        ("007", 7),
        ("65,536", 65536),
        ("65 536", 65536),
        ("65_536 bytes", 65536),
        ("64k", 65536),
        ("64 KiB", 65536),
        ("8B", 8),
        ("7fffffffe6c0", 0x7FFF_FFFF_E6C0),
        ("0xc000_0081e0", 0xC000_0081E0),
        ("123456", 123456),
        ("", None),
        ("facade", None),  # a name
        ("$rsp", None),
        ("8 - 16", None),
        ("8 cats", None),
        ("0x", None),
    ],
)
def test_numbers_as_people_type_them(text: str, number: int | None) -> None:
    assert parse_number(text) == number


def test_the_right_answers_are_not_always_the_same_letter(walked: Walk) -> None:
    letters = {
        next(letter for letter, name in question.letters.items() if name == solution.right)
        for question, solution in questions(walked).values()
        if question.options
    }
    assert letters == {"a", "b", "c"}


def test_the_answer_is_what_this_run_says(walked: Walk) -> None:
    """Another program that has another state gets another answer."""
    by_id = {record.stage.id: record for record in walked.records}
    scheduled = by_id["schedule"]
    bound = replace(scheduled.last, m0=scheduled.last.m0._replace(curg=scheduled.last.tls_g))
    unknown = replace(scheduled.last, m0=scheduled.last.m0._replace(curg=0x1234))
    answers = [
        record.solution()
        for record in (
            scheduled,
            replace(scheduled, observations=(bound,)),
            replace(scheduled, observations=(unknown,)),  # none of the options
        )
    ]
    assert [answer and answer.right for answer in answers] == ["none", "g0", None]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_of_questions(walked: Walk, lang: str) -> None:
    text = question_text(lang)
    with use_language(lang):
        for question, solution in questions(walked).values():
            options = text.options(question)
            assert list(options) == list(question.letters)
            shown = lines(question_doc(question, "title", text))
            assert max(map(width, shown)) <= 80
            assert all(any(option in line for line in shown) for option in options.values())
            names = [*question.options, *solution.traps, ""]
            for judged in (Verdict(True), *(Verdict(False, name) for name in names)):
                page = "".join(lines(verdict(question, solution, judged, text)))
                assert ("✓" in page) is judged.right
                assert "{" not in page
                assert "None" not in page


def judged(walked: Walk) -> Iterator[tuple[Record | None, Record, Verdict | None]]:
    """Yield each stage, the one before it, and every verdict that there can be."""
    for before, record in pairs(walked):
        question, solution = record.question, record.solution()
        assert question is not None
        assert solution is not None
        wrong = {*question.options, *solution.traps} - {solution.right}
        unknown = [] if question.options else [Verdict(False)]
        yield before, record, None
        for each in (Verdict(True), *unknown, *(Verdict(False, name) for name in wrong)):
            yield before, record, each


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_and_what_was_predicted_fit_the_smallest_screen(walked: Walk, lang: str) -> None:
    score = Score()
    score.add("entry", right=True)
    text = question_text(lang)
    with use_language(lang):
        for before, record, judgement in judged(walked):
            assert record.question is not None
            options = text.options(record.question).values()
            answer = f"a) {max(options, key=len)}" if options else "0x7fffffffe6c0"
            answer = answer if judgement else ""
            below = outcome(record.question, record.solution(), judgement, answer, text)
            shown = lines(Doc([*below.parts, *score_so_far(score).parts]))
            whole = card(record, before, lang, 80, 22 - 1 - len(shown))
            assert len(whole) + 1 + len(shown) <= 22, record.stage.id
            assert record.hints()[0].command in "\n".join(whole), record.stage.id
            assert answer[:20] in "".join(shown)


def test_outcome_of_a_prediction(walked: Walk) -> None:
    record = next(r for r in walked.records if r.stage.id == "mcommoninit")
    question, solution, text = record.question, record.solution(), question_text("en")
    assert question is not None

    def shown(verdict: Verdict | None, answer: str, solution: Solution | None) -> list[str]:
        return lines(outcome(question, solution, verdict, answer, text))

    answer = "  → the answer is 1: m0 took 0, and sched.mnext moved on."
    assert shown(None, "", solution) == [answer]
    assert shown(Verdict(True), "0x1", solution) == [
        "  → your prediction: 0x1",
        "  ✓ Yes, 1: m0 took 0, and sched.mnext moved on.",
    ]
    wrong = shown(Verdict(False, "id"), "0", solution)
    assert wrong[1].startswith("  ✗ No: 0 is m0's own id")
    assert wrong[-1] == answer
    assert shown(None, "", None) == []
    assert shown(None, "7", None)[1:] == [
        "  → no answer to it in this run: mcommoninit does not count"
    ]


def test_score() -> None:
    score = Score()
    assert final_score(score) == to_look_at_again(score) == Doc()
    for stage, right in (("entry", True), ("malg", False), ("save", True)):
        score.add(stage, right)
    assert lines(score_so_far(score)) == ["  → right so far: 2 of 3"]
    assert lines(final_score(score)) == ["  → your predictions: 2 of 3 right"]
    assert lines(to_look_at_again(score)) == ["  → to look at again, `go-boot show STAGE`: malg"]


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
        (line,) = lines(Doc([idle_list(runtime._replace(ps=ps, sched=sched), runtime)]))
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
