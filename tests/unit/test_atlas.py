"""The atlas of three recorded boots: its sentences, its cards, and files that are no walks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gogdb.boot.stages import STAGES
from gogdb.cli import main
from gogdb.errors import GogdbError
from gogdb.i18n import LANGUAGES, texts, use_language
from gogdb.view.atlas import atlas
from gogdb.view.atlas_known import KNOWN
from gogdb.view.atlas_stage import source_changes
from gogdb.view.doc.atlas import Atlas, AtlasStage
from gogdb.view.doc.document import Code, CodeLine
from gogdb.view.doc.pages import StagePage
from gogdb.view.json.documents import to_json
from gogdb.view.narration import narration
from gogdb.view.saved_cards import read_cards
from tests.support import fake_tools
from tests.support.atlases import (
    atlas_of,
    atlas_page,
    cards_in,
    pages_of,
    recorded,
    walks_of,
)
from tests.support.reports import Page
from tests.support.walks import VERSIONS

RELEASES = ["1.19", "1.23", "1.27"]
MAX_BYTES = 1_500_000


def atlas_in(language: str, *values: Any) -> Atlas:
    with use_language(language):
        return atlas(walks_of(values), narration(language))


@pytest.fixture(scope="module")
def english() -> Atlas:
    return atlas_in("en", *(recorded(version) for version in VERSIONS))


def stage_of(page: Atlas, name: str) -> AtlasStage:
    return next(stage for stage in page.stages if stage.id == name)


def test_releases_are_in_order_whatever_the_order_of_the_files() -> None:
    walks = [recorded(version) for version in ("1.27.3", "1.19.8", "1.23.9")]
    page = atlas_in("en", *walks)
    assert [release.id for release in page.releases] == RELEASES
    assert [release.before for release in page.releases] == ["", "go1.19.8", "go1.23.9"]
    for stage in page.stages:
        assert [card.release for card in stage.cards] == RELEASES


def test_every_stage_has_a_card_of_each_release(english: Atlas) -> None:
    assert [stage.id for stage in english.stages] == [stage.id for stage in STAGES]
    for stage in english.stages:
        assert stage.cards[0].verdict == "first"
        assert all(card.page is not None and card.page.code for card in stage.cards)


def test_what_the_releases_changed(english: Atlas) -> None:
    _, middle, newest = english.releases
    assert middle.sentences[0].startswith("g0 has the whole 64 KiB")
    assert "The struct runtime.g grew by 40 bytes, from 392 to 432." in middle.sentences
    gone = next(text for text in newest.fields if text.startswith("Fields of runtime.g that are"))
    assert "sched.ret" in gone
    assert "runtime.g" in [row[0].text for row in english.sizes.rows]
    sizes = next(row for row in english.sizes.rows if row[0].text == "runtime.g")
    assert [(c.text, c.role) for c in sizes[1:]] == [
        ("392", ""),
        ("432", "changed"),
        ("456", "changed"),
    ]


def test_what_a_release_changed_at_a_stage(english: Atlas) -> None:
    _, same, newest = stage_of(english, "gogo-sp").cards
    assert (same.verdict, same.sentences, same.source) == ("same", [], [])
    assert newest.verdict == "differs"
    assert newest.sentences[0].startswith("gobuf has no field ret any more.")
    instruction = "The instruction is mov 0x18(%rbx),%rdx; before, mov 0x20(%rbx),%rax."
    assert instruction in newest.sentences
    gone = [line.text.split() for line in newest.source if line.sign == "-"]
    assert ["MOVQ", "gobuf_ret(BX),", "AX"] in gone
    _, middle, _ = stage_of(english, "save").cards
    assert (middle.verdict, middle.sentences) == ("source", [])  # _g_ was renamed to gp
    _, _, newest = stage_of(english, "procresize").cards
    assert "m0.locks changes 0 → 16; before, 0 → 1." in newest.sentences


def test_known_changes_are_told_only_where_the_walks_show_them(english: Atlas) -> None:
    passages = texts("en", "atlas")["known"]
    assert set(passages) == {known.name for known in KNOWN}
    stated = [text for release in english.releases for text in release.sentences]
    unstated = {name for name, text in passages.items() if text not in stated}
    assert unstated == {"bubble"}  # the group came with 1.24, and the bubble with 1.25
    same = recorded("1.23.9") | {"go_version": "go1.24.1"}
    page = atlas_in("en", recorded("1.23.9"), same)
    assert page.releases[1].sentences == ["The two walks agree in all that is compared here."]
    assert {card.verdict for stage in page.stages for card in stage.cards[1:]} == {"same"}


def test_a_change_between_releases_that_were_not_recorded() -> None:
    """The group of synctest became a bubble from 1.24 to 1.25."""
    old, new = recorded("1.23.9"), recorded("1.27.3")
    old["runtime"]["layouts"]["runtime.g"]["fields"]["syncGroup"] = [400, 8]
    said = atlas_in("en", old, new).releases[1].sentences
    assert texts("en", "atlas")["known"]["bubble"] in said


def test_languages_say_the_same() -> None:
    walks = [recorded(version) for version in VERSIONS]
    en, zh = (atlas_in(language, *walks) for language in LANGUAGES)
    for a, b in zip(en.stages, zh.stages, strict=True):
        for mine, theirs in zip(a.cards, b.cards, strict=True):
            assert mine.verdict == theirs.verdict
            assert len(mine.sentences) == len(theirs.sentences)
            assert mine.source == theirs.source


def test_two_runs_of_one_release_do_not_differ() -> None:
    """Addresses and thread ids differ in every run, and are not compared."""
    text = json.dumps(recorded("1.27.3"))
    other = text.replace("0x7fffffff", "0x7ffe1234").replace("go1.27.3", "go1.28.0")
    thread = json.loads(text)["stages"][0]["thread"]
    other = other.replace(str(thread), "31415")
    page = atlas_in("en", json.loads(text), json.loads(other))
    assert [s.id for s in page.stages if s.cards[1].verdict != "same"] == []


def test_a_stage_that_was_not_seen() -> None:
    old, new = recorded("1.23.9"), recorded("1.27.3")
    _skip(new, 3)
    del new["stages"][-1], new["cards"]["stages"][-1]
    page = atlas_in("en", old, new)
    skipped = stage_of(page, STAGES[3].id).cards[1]
    assert (skipped.verdict, skipped.sentences) == ("absent", ["This stage was not seen."])
    ended = page.stages[-1].cards[1]
    assert (ended.verdict, ended.page) == ("absent", None)
    seen = atlas_in("en", new | {"go_version": "go1.22.1"}, old)
    back = stage_of(seen, STAGES[3].id).cards[1]
    assert back.sentences == ["This stage was not seen in the previous release."]
    assert Page(atlas_of([old, new]))


def _skip(walk: Any, at: int) -> None:
    """Let a walk skip a stage."""
    kept = ("id", "number", "title", "narration")
    walk["stages"][at] = {key: walk["stages"][at][key] for key in kept} | {"skipped": "overtaken"}
    card = walk["cards"]["stages"][at]
    walk["cards"]["stages"][at] = {key: card[key] for key in kept} | {"state": "skipped"}


def listing(*lines: str) -> StagePage:
    page = pages_of("1.27.3")["en"].stages[0]
    return replace(page, code=[Code([CodeLine("1", line) for line in lines], "go")])


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (("a()", "b()", "c()"), ("a()", "b() // why", "c()"), ""),
        (("a()", "b()", "c()"), ("a()", "\tb()", "c()"), ""),
        (("a()", "b()", "c()"), ("b()", "c()", "d()"), ""),  # the listing is one line further
        (("a()", "b()", "c()"), ("a()", "x()", "c()"), "-b() +x()"),
        (("a()", "c()", "d()"), ("a()", "b()", "c()"), "+b()"),
        (("lock(&one)", "b()"), ("lock(&two)", "b()"), "-lock(&one) +lock(&two)"),
    ],
)
def test_differences_of_source(old: tuple[str, ...], new: tuple[str, ...], changed: str) -> None:
    lines = source_changes((listing(*old), listing(*new)), ((), ()))
    assert " ".join(line.sign + line.text for line in lines if line.sign != " ") == changed


def test_a_line_that_the_other_release_has_elsewhere_is_no_change() -> None:
    """At gogo-jmp, each listing begins with another of the lines that clear the gobuf."""
    pages = listing("gobuf_ret = 0", "gobuf_ctxt = 0"), listing("gobuf_sp = 0", "gobuf_ctxt = 0")
    assert source_changes(pages, ((), ()))
    assert source_changes(pages, ({"gobuf_sp = 0"}, ())) == []
    assert source_changes(pages, ((), {"gobuf_ret = 0"})) == []


def test_only_what_the_source_shows_to_be_changed_is_a_change(english: Atlas) -> None:
    for stage in ("gogo-jmp", "mstart"):
        assert stage_of(english, stage).cards[2].source == []


def test_other_sizes_and_offsets_are_no_other_behaviour(english: Atlas) -> None:
    _, middle, newest = stage_of(english, "rt0-go").cards
    assert (middle.verdict, newest.verdict) == ("source", "offsets")
    assert newest.sentences[0].startswith("The check is: g0 (456 bytes")
    *_, newest = stage_of(english, "tls-check").cards
    assert newest.verdict == "offsets"
    assert "<runtime.m0+128>" in newest.sentences[0]
    *_, newest = stage_of(english, "mstart").cards
    assert newest.verdict == "differs"  # $0x0 is no offset


def test_an_atlas_of_one_release_says_how_to_add_others(english: Atlas) -> None:
    assert english.alone == ""
    for language in LANGUAGES:
        alone = atlas_in(language, recorded("1.27.3")).alone
        for command in ("gogdb atlas -o FILE.html", "--go PATH", "gogdb report -o WALK.json"):
            assert command in alone


class TestStored:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_cards_are_read_back_as_they_were(self, language: str) -> None:
        cards = read_cards(recorded("1.27.3"), "x")[language]
        for page in pages_of("1.27.3")[language].stages:
            kept = replace(page, memory=(), prediction=None, suggestions=(), facts={})
            assert to_json(cards[page.id]) == to_json(kept)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda walk: walk.pop("cards"), "has no cards of the stages"),
            (lambda walk: walk.update(cards=7), "has no cards of the stages"),
            (lambda walk: walk["cards"].update(form=1), "was recorded by another version of gogdb"),
            (lambda walk: walk["cards"]["stages"][3].pop("title"), "has no cards of the stages"),
            (lambda walk: walk["cards"]["stages"][3].update(id="x"), "has no cards of the stages"),
            (
                lambda walk: walk["cards"]["stages"][3].update(number=9),
                "has no cards of the stages",
            ),
        ],
    )
    def test_a_walk_without_cards(self, change: Callable[[Any], object], message: str) -> None:
        walk = recorded("1.27.3")
        change(walk)
        with pytest.raises(GogdbError, match=rf"^x\.json {message}"):
            read_cards(walk, "x.json")

    @pytest.mark.parametrize(
        "part",
        [
            {"class": "Art", "lines": [[{"text": "", "min_cells": 1 << 40}]]},
            {"class": "Nothing"},
            {"text": "no class"},
            {"class": "Text"},
            {"class": "Text", "text": 7},
            {"class": "Text", "text": {"languages": {"en": "only"}}},
            {"class": "Text", "text": {"languages": {"en": ["a"], "zh": ["b"]}}},
            {"class": "Text", "text": "x", "role": "\" onload='x'"},
            {"class": "Code", "lines": [], "language": "go"},
            {"class": "Table", "columns": [], "rows": []},
            [],
            None,
        ],
    )
    def test_a_part_that_is_none(self, part: object) -> None:
        walk = recorded("1.27.3")
        walk["cards"]["stages"][0]["narration"] = [part]
        with pytest.raises(GogdbError, match="has no cards"):
            read_cards(walk, "x.json")

    @pytest.mark.parametrize(
        "table",
        [
            {"columns": [{"name": "a"}], "rows": [[]]},
            {"columns": [], "rows": [[{"text": "a"}]]},
            {"columns": [{"name": "a"}], "rows": [[{"text": "a"}, {"text": "b"}]]},
            {"columns": [{"name": "a"}], "rows": [[{"text": None}]]},
        ],
    )
    def test_a_table_that_is_not_whole(self, table: dict[str, object]) -> None:
        walk = recorded("1.27.3")
        walk["cards"]["stages"][0]["registers"] = {"class": "Table", **table}
        with pytest.raises(GogdbError, match="has no cards"):
            read_cards(walk, "x.json")


class TestPage:
    def test_it_has_everything_and_is_small(self) -> None:
        text = atlas_page()
        page = Page(text)
        assert len(text.encode()) < MAX_BYTES
        ids = [e.attributes["id"] for e in page.all() if "id" in e.attributes]
        assert len(ids) == len(set(ids))
        for stage in STAGES:
            section = page.by_id(stage.id)
            links = [e.attributes["data-go"] for e in section.all() if "data-go" in e.attributes]
            assert links == RELEASES
        assert "grew by" in page.by_id("releases").text
        slider = page.by_id("release").attributes
        assert (slider["type"], slider["max"], slider["value"]) == ("range", "2", "2")

    def test_cards_of_all_releases_are_in_it(self) -> None:
        page = Page(atlas_page())
        cards = cards_in(page)
        assert [len(each) for each in cards] == [len(RELEASES)] * len(STAGES)
        for stage, each in zip(STAGES, cards, strict=True):
            for card in each:
                parsed = Page(card)
                assert parsed.all("svg")
                assert {e.attributes.get("lang") for e in parsed.all("span")} >= set(LANGUAGES)
            shown = next(
                e for e in page.by_id(stage.id).all() if e.attributes.get("class") == "card"
            )
            assert shown.text == Page(each[-1]).root.text


class TestCommandLine:
    @pytest.fixture
    def files(self, tmp_path: Path) -> list[Path]:
        paths = [tmp_path / f"{version}.json" for version in ("1.19.8", "1.27.3")]
        for path in paths:
            path.write_text(json.dumps(recorded(path.stem)))
        return paths

    def test_page_of_files(
        self, files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "atlas.html"
        assert main(["atlas", "--lang", "zh", *map(str, files), "-o", str(out)]) == 0
        assert capsys.readouterr().out == f"{out} written, of 2 releases\n"
        page = Page(out.read_text(encoding="utf-8"))
        assert page.all("html")[0].attributes["lang"] == "zh"

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["{a}", "{b}", "-o", "x.pdf"], "cannot write an atlas as x.pdf: "),
            (["{a}", "{b}", "-o", "none/x.html"], "cannot write none/x.html: "),
            (["{a}", "none.json", "-o", "x.html"], "cannot read none.json: "),
            (["{a}", "{bad}", "-o", "x.html"], "bad.json is not a recorded walk: "),
            (["{a}", "{old}", "-o", "x.html"], "old.json has no cards of the stages: "),
            (["{a}", "{b}", "{a}", "-o", "x.html"], "are both of go1.19: leave one out"),
            (["{devel}", "-o", "x.html"], "devel.json names no Go release: leave it out"),
            (["{a}", "--go", "/usr/bin/go", "-o", "x.html"], "--go builds programs to walk: "),
            (["--go", "/none/go", "-o", "x.html"], "/none/go is not an executable file: "),
        ],
    )
    def test_one_line_says_what_is_wrong(
        self,
        files: list[Path],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        words: list[str],
        message: str,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("GOGDB_GDB", str(fake_tools.gdb(tmp_path / "gdb")))
        names = {"a": str(files[0]), "b": str(files[1])}
        old, devel = recorded("1.27.3"), recorded("1.27.3")
        del old["cards"]
        devel["go_version"] = "devel"
        for name, content in (
            ("bad", "[]"),
            ("old", json.dumps(old)),
            ("devel", json.dumps(devel)),
        ):
            names[name] = f"{name}.json"
            Path(names[name]).write_text(content)
        assert main(["atlas", *(word.format(**names) for word in words)]) == 1
        error = capsys.readouterr().err
        assert error.startswith("gogdb: ")
        assert error.count("\n") == 1
        assert message in error
        assert not Path("x.html").exists()
