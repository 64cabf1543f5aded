"""What the page explains, asks and answers: its opening, terms, predictions, commands to try."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gogdb.boot.question import Verdict
from gogdb.i18n import LANGUAGES
from gogdb.view.glossary import glossary
from gogdb.view.question_text import question_text
from tests.page.conftest import Visit
from tests.page.views import shown
from tests.support.reports import records


def test_opening_says_what_the_page_is(visit: Visit, report: Path) -> None:
    page = visit(report)
    assert shown(page) == "start"
    opening = page.locator("#start")
    for text in ("one Go program", "Stacks grow down", "a G is a goroutine", "an M is a thread"):
        expect(opening).to_contain_text(text)
    expect(opening.get_by_role("img")).to_have_count(2)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_terms_are_explained_by_mouse_and_keyboard(visit: Visit, report: Path, lang: str) -> None:
    page = visit(report, f"#stage=gogo-sp&lang={lang}")
    tip, text = page.locator("#tip"), next(t.text for t in glossary(lang) if t.id == "g0")
    term = page.locator(f'#gogo-sp [lang="{lang}"] .term[href="#term-g0"]')
    term.hover()
    expect(tip).to_be_visible()
    assert text in tip.inner_text()
    tip.hover()  # stays while it is read
    expect(tip).to_be_visible()
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()
    term.focus()
    expect(tip).to_be_visible()
    expect(term).to_have_accessible_description(re.compile(re.escape(text[:20])))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.keyboard.press("Enter")
    assert shown(page) == "glossary"
    page.go_back()
    assert shown(page) == "gogo-sp"


def test_prediction_by_choice(visit: Visit, report: Path) -> None:
    """With Predict, a stage shows nothing but its question until it is answered."""
    page = visit(report, "#stage=rt0-go")
    page.get_by_role("button", name="Predict").click()
    page.keyboard.press("ArrowRight")
    stage = page.locator("#g0-stack")
    expect(stage.locator(".ask")).to_be_visible()
    expect(stage.locator("h2")).to_be_hidden()
    expect(stage.locator(".columns")).to_be_hidden()
    stage.get_by_role("button", name="the heap's").click()
    expect(stage.locator(".verdict .bad:visible")).to_contain_text("there is no heap yet")
    expect(stage.locator("h2")).to_be_hidden()
    stage.get_by_role("button", name="a slice of the stack it is on").click()
    expect(stage.locator(".verdict .good")).to_be_visible()
    expect(stage.locator(".verdict .bad:visible")).to_have_count(0)
    expect(stage.locator("h2")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#settls h2")).to_be_hidden()
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#settls h2")).to_be_visible()


def test_prediction_of_a_value(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=gogo&predict=on")
    record = next(r for r in records("1.27.3") if r.stage.id == "gogo")
    question, solution, texts = record.question, record.solution(), question_text("en")
    assert question is not None
    assert solution is not None
    stage = page.locator("#gogo")
    answer, verdict = stage.get_by_label("Your answer"), stage.locator(".verdict p:visible")
    wrong = (("-5", ""), ("many", ""), ("", ""), (hex(solution.traps["pc"]), "pc"))
    for value, because in wrong:
        answer.fill(value)
        page.keyboard.press("Enter")
        text = texts.explain(question, solution, Verdict(False, because))
        expect(verdict).to_have_text(text, use_inner_text=True)
        expect(page.locator("#h-gogo")).to_be_hidden()
    answer.fill(str(solution.right))
    page.keyboard.press("Enter")
    right = texts.explain(question, solution, Verdict(True))
    expect(verdict).to_have_text(right, use_inner_text=True)
    expect(page.locator("#h-gogo")).to_be_visible()


def test_answer_is_shown_on_demand(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=g0-stack&predict=on")
    page.locator("#g0-stack").get_by_text("Show the answer").click()
    expect(page.locator("#g0-stack .reveal")).to_contain_text("Yes, the thread's own: hi is")
    expect(page.locator("#g0-stack h2")).to_be_visible()


def test_what_to_try_has_its_answer(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=gogo-sp")
    record = next(r for r in records("1.27.3") if r.stage.id == "gogo-sp")
    tries = page.locator("#gogo-sp .tries details")
    for hint, details in zip(record.hints(), tries.all(), strict=True):
        expect(details.locator("pre")).to_be_hidden()
        details.locator("summary").click()
        assert hint.command in details.locator("summary").inner_text()
        expect(details.locator("pre")).to_have_text(hint.answer.replace("\t", "\\t"))


@pytest.mark.parametrize(("stage", "field"), [("gogo-jmp", "input"), ("g0-stack", "button")])
def test_predict_leads_to_the_question(visit: Visit, report: Path, stage: str, field: str) -> None:
    page = visit(report, f"#stage={stage}")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(f"#{stage} .predict {field}").first).to_be_focused()
