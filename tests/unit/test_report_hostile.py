"""Names, paths and arguments of a hostile program are shown and have no other effect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gogdb.boot.observation import Observation
from gogdb.boot.record import Listing
from gogdb.boot.stage import Record
from gogdb.render import html, markdown
from gogdb.runtime.address_info import AddressInfo
from gogdb.view.boot import card
from gogdb.view.compare import comparison
from gogdb.view.narration import narration
from gogdb.view.saved_walk import read_walk
from tests.support.atlases import atlas_of, cards_in, recorded
from tests.support.reports import Page, as_json, page, records, report_of

EVIL = "</script></title><img src=x onerror=\"alert('1')\">&amp;\x1b[31m\u202e{{7*7}}\n# h\n```\n"
SEEN = "</script></title><img src=x onerror=\"alert('1')\">&amp;\\x1b[31m\\u202e{{7*7}}"


def _evil_observation(observation: Observation) -> Observation:
    def renamed(infos: Mapping[object, AddressInfo]) -> dict[object, AddressInfo]:
        return {at: replace(info, name=EVIL, frame=EVIL) for at, info in infos.items()}

    assert observation.process is not None
    return replace(
        observation,
        function=EVIL,
        file=f"/src/{EVIL.replace('/', '')}.s",
        tls_g_label=EVIL,
        register_info=renamed(observation.register_info),  # type: ignore[arg-type]
        word_info=renamed(observation.word_info),  # type: ignore[arg-type]
        gobuf_info=renamed(observation.gobuf_info),  # type: ignore[arg-type]
        frames=[frame._replace(function=EVIL) for frame in observation.frames],
        process=replace(observation.process, argv=(EVIL, EVIL), envp=(EVIL,)),
    )


def evil(record: Record) -> Record:
    listing = record.listing
    return replace(
        record,
        observations=[_evil_observation(each) for each in record.observations],
        listing=Listing(
            [(number, f"{EVIL} // {text}") for number, text in listing.source],
            [i._replace(text=f"{i.text} {EVIL}") for i in listing.code],
            listing.notes,
            listing.lines,
        ),
        claims=[
            replace(c, values={n: EVIL if isinstance(v, str) else v for n, v in c.values.items()})
            for c in record.claims
        ],
        changes=[replace(c, after=EVIL) for c in record.changes],
    )


@pytest.fixture(scope="module")
def walked() -> list[Record]:
    return [evil(record) for record in records("1.27.3")]


def check(text: str, harmless: str) -> None:
    """Check that a page has the elements of a harmless one, and no invisible characters."""
    tree, other = Page(text), Page(harmless)
    assert {e.tag for e in tree.all()} <= {e.tag for e in other.all()}
    assert len(tree.all("script")) == len(other.all("script")) == 2
    assert len(tree.all("title")) == len(other.all("title"))
    assert not any(name.startswith("on") for e in tree.all() for name in e.attributes)
    assert all(char.isprintable() or char in "\n" for char in text)
    assert "{{7*7}}" in text  # and not 49
    json.loads(tree.by_id("data").text)


def test_the_page(walked: list[Record]) -> None:
    text = page(walked, program=EVIL)
    check(text, report_of("1.27.3"))
    tree = Page(text)
    assert tree.by_id("add").text.count(SEEN) > 5
    assert f'argv[0] → "{SEEN[:20]}' in tree.by_id("entry").text
    assert SEEN in tree.by_id("args").text
    assert SEEN in tree.all("header")[0].text


def test_markdown_of_hostile_strings(walked: list[Record]) -> None:
    docs = [card(record, None, narration("en")) for record in walked]
    lines = list(markdown.render(docs))
    assert all(char.isprintable() for line in lines for char in line)
    fence = ""
    for line in lines:
        if not fence and line.startswith("```"):
            fence = line.removesuffix("text")
        elif line == fence:
            fence = ""
        elif not fence:
            assert "<img" not in line.replace("\\<", "")
            assert not line.startswith("# ")
    assert fence == ""


def test_a_fence_is_longer_than_the_backticks_within() -> None:
    from gogdb.view.doc.document import Code, CodeLine, Doc

    part = Code([CodeLine("1", "a := `x`"), CodeLine("2", "````")], "go")
    lines = list(markdown.render([Doc([part])]))
    assert lines[0] == "`````text"
    assert lines[-2] == "`````"


def test_comparison_with_a_hostile_walk() -> None:
    first, other = as_json("1.19.8"), as_json("1.27.3")
    text = json.dumps(first, default=list)
    hostile = json.loads(text.replace('"runtime.', json.dumps(EVIL)[:-1] + "runtime."))
    hostile["binary"] = hostile["go_version"] = EVIL
    for stage in hostile["stages"]:
        stage["function"] += EVIL
    a, b = read_walk(hostile, "a"), read_walk(json.loads(json.dumps(other, default=list)), "b")
    good = read_walk(json.loads(text), "a")
    check(
        html.comparison({"en": comparison(a, b, narration("en"))}),
        html.comparison({"en": comparison(good, b, narration("en"))}),
    )


def test_atlas_with_a_hostile_walk() -> None:
    hostile, good = recorded("1.27.3"), recorded("1.27.3")
    hostile["binary"], hostile["go_version"] = EVIL, f"go1.27 {EVIL}"
    for stage in hostile["stages"]:
        stage["function"] += EVIL
        stage["frames"] = [EVIL]
    layout = hostile["runtime"]["layouts"]["runtime.g"]
    hostile["runtime"]["layouts"][EVIL] = layout
    layout["fields"][EVIL] = [0, 8]
    hostile["runtime"]["constants"]["waitreasons"] = [EVIL]
    hostile["cards"]["stages"] = _evil_strings(hostile["cards"]["stages"])
    old = recorded("1.23.9")
    text, harmless = atlas_of([old, hostile]), atlas_of([old, good])
    check(text, harmless)
    for mine, theirs in zip(cards_in(Page(text)), cards_in(Page(harmless)), strict=True):
        for one, other in zip(mine, theirs, strict=True):
            tags = {e.tag for e in Page(one).all()}
            assert tags <= {e.tag for e in Page(other).all()} | {"p", "li", "ul", "h3", "div"}
            assert all(char.isprintable() or char == "\n" for char in one)


def _evil_strings(value: Any, name: str = "") -> Any:
    """Return stored cards with hostile strings, but for the names that a file must have."""
    if isinstance(value, dict):
        return {key: _evil_strings(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_evil_strings(item, name) for item in value]
    fixed = ("id", "class", "state", "role", "align", "language")
    return value + EVIL if isinstance(value, str) and name not in fixed else value
