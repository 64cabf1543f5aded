"""Pages stay intact whatever the strings of a program contain."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from wcwidth import wcswidth

from gogdb.render.ansi import render
from gogdb.view.doc.document import (
    Art,
    Cell,
    Claims,
    Code,
    CodeLine,
    Column,
    Doc,
    Heading,
    Mark,
    Note,
    Part,
    Span,
    StackColumn,
    StackPicture,
    StackWord,
    Table,
    Text,
)
from tests.support.documents import OVERVIEW, STAGE

HOSTILE = [
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "a\x00b\x08\x7f\x9b31m\x85",
    "line\nbreak\r\x0b\x0c\ttab",
    "\u202eabc\u202c\u2066\u2069\u200e\u200f\u061c\u2028\u2029",
    "\ud800 lone \udcff surrogates",
    "\ufeffzero\u200bwidth\u200djoiner\u00ad\U000e0041",
    "e" + "\u0301" * 50 + "中" * 70,
    "👍🏽❤️🇨🇳" * 20,
    "x" * 500,
    "word " * 100,
    " " * 300,
    "",
]


def everywhere(text: str) -> Iterator[Part]:
    """Yield every kind of part with `text` in each of its strings."""
    yield Heading(text, 1, text)
    yield Heading(text, 2, text)
    yield Text(text)
    cell, number = Cell(text, text), Cell("7", 7)
    columns = (Column("n", "right"), Column(text, keep=2), Column(text), Column(text, "right"))
    yield Table(columns, ((number, cell, cell, number), (cell, cell), (number,)), text)
    yield Table(tuple(Column(f"c{i}") for i in range(30)), ((cell,) * 30,))
    yield Table((Column(text),), (), text, text)
    for language in ("go", "go-asm", "att", "intel"):
        first, second = CodeLine(text, text, True, text), CodeLine("1", text, note="n")
        yield Code((first, second), language, text)
    words = (
        StackWord(0, None, gap=text),
        StackWord(0xC0000047F8, 0x489B21, text, (Mark(text), Mark("rsp", "sp"))),
        StackWord(0xC0000047F0, None, text),
    )
    column = StackColumn(text, 0xC000004800, 0xC000004000, words)
    yield StackPicture((column,), text)
    yield StackPicture((column, column, column), text)
    yield Art(((Span(text, "strong"), Span(text)), ()), text)
    yield Claims(((text, True), ("short", False), (text, False)))
    yield Note(text, "warn")


def plain(line: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("color", [False, True])
def test_only_visible_characters_are_written(text: str, color: bool) -> None:
    for line in render(Doc(tuple(everywhere(text))), width=80, color=color):
        assert (plain(line) if color else line).isprintable()
        line.encode()


def test_invisible_characters_become_escapes() -> None:
    def shown(text: str) -> str:
        columns = (Column("name"),)
        return list(render(Doc((Table(columns, ((Cell(text),),)),)), width=80, color=False))[2]

    assert shown("\x1b[31mred\x07") == r"  \x1b[31mred\x07"
    assert shown("a\n\tb\x9b") == r"  a\n\tb\x9b"
    assert shown("\u202eabc\u2069") == r"  \u202eabc\u2069"
    assert shown("\udc80\U000e0001") == r"  \udc80\U000e0001"
    assert shown("中文\u3000e\u0301") == "  中文\u3000e\u0301"


DOCUMENTS = [STAGE, OVERVIEW, *(Doc(tuple(everywhere(text))) for text in HOSTILE)]


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("doc", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_no_line_is_wider_than_the_page(doc: Doc, ascii: bool) -> None:
    for width in range(60, 141, 4):
        for line in render(doc, width=width, color=False, ascii=ascii):
            assert wcswidth(line) <= width, line
            assert line == line.rstrip(" ")


@pytest.mark.parametrize("doc", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_colour_never_moves_a_character(doc: Doc) -> None:
    for width in (60, 80, 140):
        colored = [plain(line) for line in render(doc, width=width, color=True)]
        assert colored == list(render(doc, width=width, color=False))


def test_ascii_draws_with_ascii_only() -> None:
    drawn = Doc((*STAGE.parts, Note("→ … ✓ ◄ █░ ─│┌┘")))
    assert all(line.isascii() for line in render(drawn, width=80, color=False, ascii=True))
    art = Art(((Span("│→│…│✓│"),), (Span("│x│y│z│"),)))
    assert list(render(Doc((art,)), width=80, color=False, ascii=True)) == [
        "  |>|~|+|",
        "  |x|y|z|",
    ]


def test_ascii_keeps_the_text() -> None:
    parts = (Text("线程离开 g0 的栈"), Code((CodeLine("1", "CALL runtime·args(SB)"),), "go-asm"))
    assert list(render(Doc(parts), width=80, color=False, ascii=True)) == [
        "线程离开 g0 的栈",
        "",
        "     1  CALL runtime·args(SB)",
    ]
