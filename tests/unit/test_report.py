"""The page of a recorded walk: whole, self-contained, in both languages."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from gogdb.boot.changes import compare
from gogdb.boot.record import Change
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.dependencies import require
from gogdb.errors import GogdbError
from gogdb.i18n import LANGUAGES
from gogdb.render.ansi import render
from gogdb.view.changes import changes
from gogdb.view.doc.document import Doc
from gogdb.view.narration import narration
from gogdb.view.stack_timeline import stack_timeline
from tests.support.reports import MAX_BYTES, Page, page, parsed_report, records, report_of
from tests.support.walks import VERSIONS


@pytest.fixture(scope="module", params=VERSIONS)
def tree(request: pytest.FixtureRequest) -> Page:
    """Return the report of a recorded boot as a tree."""
    return parsed_report(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_size_of_the_report(version: str) -> None:
    assert len(report_of(version).encode()) < MAX_BYTES


def test_nothing_is_fetched(tree: Page) -> None:
    for element in tree.all():
        for name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
            assert (element.attributes.get(name) or "#").startswith("#"), element.attributes
        assert not any(name.startswith("on") for name in element.attributes)
    css = "".join(style.text for style in tree.all("style"))
    assert "url(" not in css
    assert "@import" not in css
    script = "".join(e.text for e in tree.all("script"))
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|WebSocket|innerHTML", script)
    assert not tree.all("link")


def test_ids_and_what_refers_to_them(tree: Page) -> None:
    ids = [e.attributes["id"] for e in tree.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in tree.all():
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            for reference in (element.attributes.get(name) or "").split():
                assert reference in ids, f"{name}={reference}"
        target = element.attributes.get("href")
        assert not target or target[1:] in ids


def test_every_stage_in_both_languages(tree: Page) -> None:
    for stage in STAGES:
        section = tree.by_id(stage.id)
        titles = next(e for e in section.all() if e.tag == "h2")
        for language in LANGUAGES:
            title = narration(language).title(stage.id)
            texts = [e.text for e in titles.all() if e.attributes.get("lang") == language]
            assert texts == [title]
        links = [e for e in tree.all("a") if e.attributes.get("href") == f"#{stage.id}"]
        assert len(links) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_content_of_a_stage(version: str) -> None:
    tree = parsed_report(version)
    for record in records(version):
        section, now = tree.by_id(record.stage.id), record.shown
        text = section.text
        for language in LANGUAGES:
            texts = narration(language)
            assert " ".join(texts.text(record).split())[:40] in " ".join(text.split())
            for claim in record.claims:
                assert texts.claim(record.stage.id, claim) in text
        here = [e.text for e in section.all() if e.attributes.get("aria-current") == "location"]
        assert any(f"{now.pc:#x}" in line for line in here)
        assert f"{now.sp:#x}" in text
        pictures = [e for e in section.all() if e.attributes.get("role") == "img"]
        assert len(pictures) >= 3  # two stacks, and who is bound to whom
        for picture in pictures:
            assert [c.tag for c in picture.children if not isinstance(c, str)][:2] == [
                "title",
                "desc",
            ]


def test_every_header_cell_has_its_scope(tree: Page) -> None:
    assert {e.attributes.get("scope") for e in tree.all("th")} == {"col", "row"}


def _facts(tree: Page) -> tuple[list[str], list[dict[str, str]]]:
    """Return the names in their order and each stage's facts, as the page's script reads them."""
    known: dict[str, str] = {}
    stages = []
    data = json.loads(tree.by_id("data").text)
    for changed in data["facts"]:
        for name, fact in changed.items():
            if fact is None:
                del known[name]
            else:
                known[name] = fact if isinstance(fact, str) else fact[0]
        stages.append(dict(known))
    return data["names"], stages


@pytest.mark.parametrize("version", VERSIONS)
def test_facts_of_the_page_give_the_changes_between_any_two_stages(version: str) -> None:
    walked = records(version)
    names, facts = _facts(parsed_report(version))
    for a, old in zip(walked, facts, strict=True):
        for b, new in zip(walked, facts, strict=True):
            differing = [name for name in names if old.get(name) != new.get(name)]
            assert differing == [change.what for change in compare(a.last, b.last)]


def test_walk_up_to_the_third_stage() -> None:
    tree = Page(page(records("1.27.3")[:3]))
    ids = [e.attributes["id"] for e in tree.all("section")]
    assert ids == ["start", "entry", "rt0-go", "g0-stack", "summary", "diff", "glossary"]


def test_a_stage_that_was_missed() -> None:
    walked = [*records("1.27.3")]
    walked[4] = Record(STAGES[4], skipped="overtaken")
    tree = Page(page(walked))
    section = tree.by_id(STAGES[4].id)
    assert narration("en").text(walked[4]) in section.text
    assert not any(e.tag == "svg" for e in section.all())
    chosen = [e.attributes["value"] for e in tree.by_id("from").all() if e.tag == "option"]
    assert STAGES[4].id not in chosen
    assert len(chosen) == len(STAGES) - 1


def test_missing_package_is_one_line() -> None:
    with pytest.raises(GogdbError, match="has no a_package_that_is_nowhere") as error:
        require("a_package_that_is_nowhere")
    assert "\n" not in str(error.value)
    require()


def test_long_list_of_names_is_folded() -> None:
    """It would push the other columns off the page."""
    ps = " ".join(f"p{number}" for number in range(63, 0, -1))
    table = changes([Change("sched.pidle", "", ps), Change("gomaxprocs", 0, 64)], 12)
    what, before, after = (cell.text for cell in table.rows[0])
    assert (what, before, after) == ("sched.pidle", "-", "p63 p62 p61 p60 p59 p58 … 57 more")
    lines = list(render(Doc([table]), width=80, color=False))
    assert "after the stage" in lines[0]
    assert lines[-1].split() == ["gomaxprocs", "0", "64"]


def test_many_changes_are_folded() -> None:
    record = records("1.27.3")[11]
    many = [Change(f"p{number}.status", "", "idle") for number in range(63)]
    section = Page(page([*records("1.27.3")[:11], replace(record, changes=many)])).by_id(
        "procresize"
    )
    (more,) = [e for e in section.all() if e.tag == "details" and "p62.status" in e.text]
    assert "p23.status" not in more.text
    assert "p24.status" in more.text


@pytest.mark.parametrize("version", VERSIONS)
def test_distances_are_counted_from_the_hi_that_is_drawn(version: str) -> None:
    """The thread's stack reaches above g0's slice of it, whose hi is named."""
    walk = records(version)
    pictures = stack_timeline(walk)
    counted = 0
    for record in walk:
        now = record.shown
        columns = pictures[record.stage.id].columns
        for column, g in zip(columns, (now.g0, now.main_goroutine), strict=True):
            for word in column.words:
                if word.meaning.startswith("hi-"):
                    assert g is not None
                    assert word.value == g.stack.hi - int(word.meaning.removeprefix("hi-"), 16)
                    counted += 1
    assert counted > 10
