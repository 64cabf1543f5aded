"""The teacher's page: its plans add up, its commands exist, and no wrong answer is left out."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gogdb.boot.stages import STAGES
from tests.support.gogdb_commands import parsed

ROOT = Path(__file__).parents[2]
PAGES = {
    name: (ROOT / "docs" / name).read_text("utf-8") for name in ("teacher.md", "teacher.zh.md")
}
CATALOGUES = ROOT / "gogdb/i18n/en"


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]


def tables(page: str) -> list[list[list[str]]]:
    """Return the rows of each table, without its head."""
    blocks = re.findall(r"^\|[-|]+\|\n((?:\|.*\|\n)+)", page, re.M)
    return [[line.strip("|").split(" | ") for line in block.splitlines()] for block in blocks]


@pytest.mark.parametrize(("table", "minutes"), [(0, 90), (1, 240)])
def test_a_plan_adds_up(page: str, table: int, minutes: int) -> None:
    """Each part begins when the one before it has ended."""
    now = 0
    for start, length, *_ in tables(page)[table]:
        hours, _, rest = start.strip().partition(":")
        assert int(hours) * 60 + int(rest) == now
        now += int(length)
    assert now == minutes


def test_the_short_plan_is_the_workshops(page: str) -> None:
    workshop = (ROOT / "docs/workshop.md").read_text("utf-8")
    minutes = re.findall(r"^\| (\d+) \| ", workshop, re.M)
    assert [row[1] for row in tables(page)[0]] == minutes


def test_catching_up(page: str) -> None:
    """The chapters begin at later and later stages."""
    order = [stage.id for stage in STAGES]
    rows = tables(page)[2]
    stages = [re.findall(r"`go-boot until (\S+)`", row[1]) for row in rows]
    positions = [order.index(stage) for (stage,) in stages]
    assert positions == sorted(set(positions))
    assert [row[0].strip() for row in rows] == ["2", "3", "4", "5", "6"]


def catalogue(name: str) -> set[tuple[str, str]]:
    """Return each question of a catalogue with each of the wrong answers that it knows."""
    questions = tomllib.loads((CATALOGUES / name).read_text("utf-8"))
    return {(key, answer) for key, texts in questions.items() for answer in texts.get("wrong", ())}


def test_every_wrong_answer_is_explained_once(page: str) -> None:
    named: list[list[tuple[str, str]]] = [[], []]
    for _, answers, _ in tables(page)[3]:
        before, _, after = answers.partition("follow ")
        for found, text in zip(named, (before, after), strict=True):
            for question, keys in re.findall(r"`([\w-]+)` ([\w, ]+)", text):
                found += [(question, key.strip()) for key in keys.split(",")]
    for found, name in zip(named, ("questions.toml", "follow-questions.toml"), strict=True):
        assert sorted(found) == sorted(catalogue(name))


def test_the_commands_exist(page: str) -> None:
    text = re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S)
    commands = re.findall(r"`(go-[a-z]+(?: [^`]*)?)`", text)
    assert len(commands) > 20
    for command in commands:
        parsed(command.replace("STAGE", "gogo"))


def test_the_targets_and_programs_exist(page: str) -> None:
    (names,) = re.findall(r"^for name in (.*?); do", page, re.M)
    assert set(names.split()) <= {path.parent.name for path in ROOT.glob("fixtures/*/main.go")}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^make (\w+)$", page, re.M)
    assert targets == ["setup", "handout"]
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.M)] == []
