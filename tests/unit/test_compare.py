"""Two recorded walks side by side: differences that are known between Go 1.19 and 1.27."""

from __future__ import annotations

import copy
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gogdb.boot.stages import STAGES
from gogdb.cli import main
from gogdb.errors import GogdbError
from gogdb.view.compare import comparison
from gogdb.view.doc.document import Table
from gogdb.view.doc.pages import Comparison
from gogdb.view.narration import narration
from gogdb.view.saved_walk import read_walk
from tests.support.reports import Page, as_json


@cache
def saved_walk(version: str) -> Any:
    return json.loads(json.dumps(as_json(version), default=list))


def compared(a: Any, b: Any) -> Comparison:
    return comparison(read_walk(a, "a"), read_walk(b, "b"), narration("en"))


def rows(table: Table) -> dict[str, tuple[str, ...]]:
    return {row[0].text: tuple(cell.text for cell in row[1:]) for row in table.rows}


def test_oldest_and_newest() -> None:
    both = compared(saved_walk("1.19.8"), saved_walk("1.27.3"))
    assert both.names == ("go1.19.8", "go1.27.3")
    # rt0_go left out 104 bytes until go1.20; gobuf.ret went with go1.25; goleaks came with 1.26
    assert rows(both.constants)["g0.stack"] == ("65432", "65536")
    assert rows(both.constants)["statuses: leaked"] == ("–", "10")
    assert "stackGuard" not in rows(both.constants)
    g = both.structs[0]
    assert (g.name, g.sizes) == ("runtime.g", ("392", "456"))
    assert rows(g.changed)["sched.ret"] == ("at 88, 8 B", "–")
    assert rows(g.changed)["parentGoid"][0] == "–"  # since go1.21
    assert rows(g.moved)["sched.bp"] == ("at 104, 8 B", "at 96, 8 B")
    assert "trace.statusTraced" not in rows(g.changed)  # `trace` is listed
    assert "_" not in rows(both.structs[1].changed)
    stages = {pair.id: pair for pair in both.stages}
    assert list(stages) == [stage.id for stage in STAGES]
    assert rows(stages["g0-stack"].differences)["claim lo"][0] != ""
    assert stages["gogo-jmp"].agree


def test_facts_that_change_at_different_stages() -> None:
    later = copy.deepcopy(saved_walk("1.27.3"))
    stages = {stage["id"]: stage for stage in later["stages"]}
    (change,) = (c for c in stages["procresize"]["changes"] if c["what"] == "p0.m")
    stages["procresize"]["changes"].remove(change)
    stages["newproc"]["changes"].append(change)
    both = compared(saved_walk("1.27.3"), later)
    assert rows(both.order) == {"p0.m": ("procresize", "newproc")}
    assert not both.order_chance.rows


def test_what_depends_on_the_order_of_threads_may_be_chance() -> None:
    both = compared(saved_walk("1.19.8"), saved_walk("1.27.3"))
    assert rows(both.order) == {}
    assert rows(both.order_chance)["p0.m"] == ("main-main", "–")
    (stage,) = (pair for pair in both.stages if pair.id == "main-main")
    assert rows(stage.chance)["changed: sched.mnext"] == ("1 → 4", "1 → 5")
    assert not any(what.startswith("changed:") for what in rows(stage.differences))


def test_offsets_are_apart_from_what_is_on_another_stack() -> None:
    other = copy.deepcopy(saved_walk("1.27.3"))
    meanings = {stage["id"]: stage["meanings"] for stage in other["stages"]}
    meanings["execute"]["rsp"] = "g0's stack, 0x8 below hi"
    meanings["gogo"]["rsp"] = "g1's stack, 0xf0 below hi"
    both = compared(saved_walk("1.27.3"), other)
    stages = {pair.id: pair for pair in both.stages}
    assert list(rows(stages["execute"].offsets)) == ["rsp"]
    assert not stages["execute"].differences.rows
    assert list(rows(stages["gogo"].differences)) == ["rsp"]


def test_sentences_about_the_oldest_and_the_newest() -> None:
    said = compared(saved_walk("1.19.8"), saved_walk("1.27.3")).sentences
    assert said[0] == "g0's stack grew by 104 bytes, from 65432 to 65536."
    assert "New statuses of goroutines: leaked, waiting for cgo callback." in said
    assert "Wait reasons that are gone: timer goroutine (idle)." in said
    assert "The struct runtime.g grew by 64 bytes, from 392 to 456." in said
    back = compared(saved_walk("1.27.3"), saved_walk("1.19.8")).sentences
    assert back[0] == "g0's stack shrank by 104 bytes, from 65536 to 65432."


def test_sentences_about_stages_and_numbers() -> None:
    other = copy.deepcopy(saved_walk("1.27.3"))
    del other["stages"][-1]
    other["runtime"]["constants"] |= {"sched.maxmcount": 10, "stackGuard": None}
    said = compared(saved_walk("1.27.3"), other).sentences
    assert said == [
        "Only in the first walk these stages were seen: add.",
        "The largest number of Ms was 10000 and is 10.",
    ]


def test_a_walk_does_not_differ_from_itself() -> None:
    both = compared(saved_walk("1.23.9"), saved_walk("1.23.9"))
    assert all(pair.agree for pair in both.stages)
    assert both.sentences == ["The two walks agree in all that is compared here."]
    assert not both.order.rows
    assert not both.order_chance.rows
    assert not both.constants.rows
    assert not any(struct.changed.rows or struct.moved.rows for struct in both.structs)


def test_two_runs_of_one_program_do_not_differ() -> None:
    """Addresses and thread ids differ in every run, and are not compared."""
    text = json.dumps(saved_walk("1.27.3"))
    other = (
        text.replace("0x173732", "0x18af31")
        .replace("29700", "31415")
        .replace("0x7fffffff", "0x7ffe1234")
    )
    assert other != text
    both = compared(json.loads(text), json.loads(other))
    assert [pair.id for pair in both.stages if not pair.agree] == []


def test_a_stage_that_one_walk_does_not_have() -> None:
    short = copy.deepcopy(saved_walk("1.27.3"))
    short["stages"] = short["stages"][:27]
    short["stages"][0] = {
        **{key: short["stages"][0][key] for key in ("id", "number", "title", "narration")},
        "skipped": "overtaken",
    }
    both = compared(short, saved_walk("1.27.3"))
    stages = {pair.id: rows(pair.differences) for pair in both.stages}
    assert stages["add"] == {"seen": ("not reached", "seen")}
    assert stages["entry"] == {"seen": ("skipped: overtaken", "seen")}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"go_version": "go1.27.3", "binary": "/x", "stages": None},
        {"go_version": "go1.27.3", "binary": "/x", "stages": [{}]},
        {"go_version": 1, "binary": "/x", "stages": []},
        {"go_version": "go1.27.3", "binary": "/x", "stages": [], "runtime": {"layouts": {"g": 1}}},
        {"goroutines": []},
    ],
)
def test_json_that_is_not_a_walk(value: object) -> None:
    with pytest.raises(GogdbError, match=r"^x\.json is not a recorded walk"):
        read_walk(value, "x.json")


def test_a_missing_key_is_an_error() -> None:
    for key in list(saved_walk("1.27.3")["stages"][0]):
        broken = copy.deepcopy(saved_walk("1.27.3"))
        del broken["stages"][0][key]
        if key in ("number", "title", "narration", "offset", "line", "registers", "tls", "stops"):
            read_walk(broken, "x")  # not compared
        else:
            with pytest.raises(GogdbError):
                read_walk(broken, "x")


class TestCommandLine:
    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[Path, Path]:
        a, b = tmp_path / "a.json", tmp_path / "b.json"
        a.write_text(json.dumps(saved_walk("1.19.8")))
        b.write_text(json.dumps(saved_walk("1.27.3")))
        return a, b

    def run(self, *arguments: object) -> int:
        return main(["report", "--compare", *map(str, arguments)])

    def test_page_of_two_walks(self, files: tuple[Path, Path], tmp_path: Path) -> None:
        out = tmp_path / "both.html"
        assert self.run(*files, "-o", out) == 0
        tree = Page(out.read_text(encoding="utf-8"))
        assert "65432" in tree.by_id("constants").text
        assert "sched.ret" in tree.by_id("layout").text
        ids = [e.attributes["id"] for e in tree.all() if "id" in e.attributes]
        assert len(ids) == len(set(ids))

    def test_a_page_that_cannot_be_written(
        self, files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A pipe that nobody reads is not waited for."""
        os.mkfifo(tmp_path / "pipe.html")
        assert self.run(*files, "-o", tmp_path / "pipe.html") == 1
        message = f"gogdb: cannot write {tmp_path}/pipe.html: no process reads from it\n"
        assert capsys.readouterr().err == message

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"7"])
    def test_a_file_that_is_not_a_walk(
        self,
        files: tuple[Path, Path],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        content: bytes,
    ) -> None:
        files[1].write_bytes(content)
        assert self.run(*files, "-o", tmp_path / "both.html") == 1
        message = capsys.readouterr().err
        assert message.count("\n") == 1
        assert message.startswith(f"gogdb: {files[1]} is not a recorded walk: ")

    def test_wrong_arguments(
        self, files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for arguments in (
            (files[0], tmp_path / "none.json", "-o", tmp_path / "x.html"),
            (*files, "-o", tmp_path / "x.pdf"),
            (*files, "-o", tmp_path / "no" / "x.html"),
            (*files, "-o", tmp_path / "x.html", "program"),
        ):
            assert self.run(*arguments) == 1
            message = capsys.readouterr().err
            assert message.startswith("gogdb: ")
            assert message.count("\n") == 1
