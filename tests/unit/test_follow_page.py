"""The page of a followed round: every step, in both languages, self-contained."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gogdb.i18n import LANGUAGES
from gogdb.view.follow_guide import follow_guide
from gogdb.view.narration import narration
from gogdb.view.question_text import question_text
from tests.support.recorded_rounds import ROUND, recorded_round
from tests.support.reports import MAX_BYTES, Page, follow_page_of


@pytest.mark.parametrize("version", ["1.19.8", "1.27.3"])
def test_every_step_in_both_languages(version: str) -> None:
    follower = recorded_round(version)
    text = follow_page_of(follower)
    assert len(text.encode()) < MAX_BYTES
    tree = Page(text)
    ids = [e.attributes["id"] for e in tree.all("section")]
    steps = [f"{step}-{number}" for number, step in enumerate(ROUND, 1)]
    assert ids == ["start", *steps, "summary", "glossary"]
    for record in follower.records:
        section = tree.by_id(f"{record.step.id}-{record.number}")
        for language in LANGUAGES:
            texts = narration(language, "follow")
            assert texts.title(record.step.id) in section.text
            for claim in record.claims:
                assert texts.claim(record.step.id, claim) in section.text
        if record.step.stops:
            assert f"{record.shown.sp:#x}" in section.text


@pytest.mark.parametrize("version", ["1.19.8", "1.27.3"])
def test_a_step_has_what_a_stage_has(version: str) -> None:
    """The question before it with all that is said to an answer, what to try, M, P and G."""
    records = recorded_round(version).records
    tree = Page(follow_page_of(recorded_round(version)))
    asked = 0
    for before, record in pairwise([None, *records]):
        assert record
        section = tree.by_id(f"{record.step.id}-{record.number}")
        assert "Who is bound to whom" in section.text
        for language in LANGUAGES:
            for hint in record.hints(has_debug_info=True):
                assert hint.command in section.text
                assert follow_guide(language).hint(hint.id) in section.text
            texts = question_text(language, "follow-questions")
            question = before.question if before else None
            solution = before.solution(record) if before else None
            if question and solution:
                asked += 1
                assert texts.ask(question) in section.text
                assert texts.why(question, solution) in section.text
    assert asked > len(records) / 2


def test_ids_and_what_refers_to_them() -> None:
    tree = Page(follow_page_of(recorded_round("1.27.3")))
    ids = [e.attributes["id"] for e in tree.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in tree.all():
        target = element.attributes.get("href")
        assert not target or target[1:] in ids
