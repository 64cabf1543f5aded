"""The pages for the class say the same in both languages, as far as a machine can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from wcwidth import wcswidth

from tests.support.transcripts import OMITTED, read

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ("workshop", "teacher")
PAGES = [
    tuple((DOCS / name).read_text(encoding="utf-8") for name in (f"{page}.md", f"{page}.zh.md"))
    for page in NAMES
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def headings(text: str) -> list[tuple[int, str]]:
    """Return each heading's level and number."""
    matches = re.findall(r"^(#+) (.*)$", BLOCK.sub("", text), re.M)
    return [(len(marks), "".join(re.findall(r"\d", title))) for marks, title in matches]


def shell(text: str) -> list[str]:
    """Return the commands of the sh blocks, without comments."""
    blocks = [body for language, body in BLOCK.findall(text) if language == "sh"]
    return [line.partition(" #")[0].rstrip() for body in blocks for line in body.splitlines()]


def tables(text: str) -> list[list[str]]:
    """Return each row's code spans and numbers, sorted: their order depends on the language."""
    rows = re.findall(r"^\|.*\|$", BLOCK.sub("", text), re.M)
    return [sorted(re.findall(r"`[^`]+`|\d+", row)) for row in rows]


def chapters(text: str) -> Iterator[set[str]]:
    """Yield the code spans of each chapter, except those about changing the language."""
    for chapter in re.split(r"^##+ ", BLOCK.sub("", text), flags=re.M)[1:]:
        yield {span for span in re.findall(r"`([^`]+)`", chapter) if "lang" not in span}


def transcripts(text: str) -> list[tuple[str, int]]:
    """Return the commands, and how many parts of each answer are omitted."""
    return [(step.command, list(step.shown).count(OMITTED)) for step in read(text)]


@pytest.fixture(params=PAGES, ids=NAMES)
def page(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A page in English and in Chinese."""
    english, chinese = request.param
    return english, chinese


def test_the_same_structure(page: tuple[str, str]) -> None:
    english, chinese = page
    assert headings(chinese) == headings(english)
    assert [language for language, _ in BLOCK.findall(chinese)] == [
        language for language, _ in BLOCK.findall(english)
    ]


def test_the_same_commands(page: tuple[str, str]) -> None:
    english, chinese = page
    assert transcripts(chinese) == transcripts(english)
    assert shell(chinese) == shell(english)


def test_the_same_tables(page: tuple[str, str]) -> None:
    english, chinese = page
    assert tables(chinese) == tables(english)


def test_the_same_names_in_the_prose(page: tuple[str, str]) -> None:
    translated = {"try": "试一试", "workshop.zh.md": "workshop.md"}  # each page names the other
    english, chinese = map(chapters, page)
    for there, here in zip(chinese, english, strict=True):
        assert there == {translated.get(name, name) for name in here}


@pytest.mark.parametrize("language", [0, 1], ids=["en", "zh"])
def test_the_transcripts_fit_on_a_terminal(page: tuple[str, str], language: int) -> None:
    lines = [line for step in read(page[language]) for line in step.shown]
    assert lines
    assert [line for line in lines if wcswidth(line.expandtabs()) > 80] == []
