"""The workshop says the same in both languages, as far as a machine can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from wcwidth import wcswidth

from tests.support.transcripts import OMITTED, read

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, CHINESE = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("workshop.md", "workshop.zh.md")
)
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


def test_the_same_structure() -> None:
    assert headings(CHINESE) == headings(ENGLISH)
    assert [language for language, _ in BLOCK.findall(CHINESE)] == [
        language for language, _ in BLOCK.findall(ENGLISH)
    ]


def test_the_same_commands() -> None:
    assert transcripts(CHINESE) == transcripts(ENGLISH)
    assert shell(CHINESE) == shell(ENGLISH)


def test_the_same_tables() -> None:
    assert tables(CHINESE) == tables(ENGLISH)


def test_the_same_names_in_the_prose() -> None:
    translated = {"try": "试一试", "workshop.zh.md": "workshop.md"}  # each page names the other
    for chinese, english in zip(chapters(CHINESE), chapters(ENGLISH), strict=True):
        assert chinese == {translated.get(name, name) for name in english}


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_transcripts_fit_on_a_terminal(text: str) -> None:
    lines = [line for step in read(text) for line in step.shown]
    assert lines
    assert [line for line in lines if wcswidth(line.expandtabs()) > 80] == []
