"""Marks in documents: they are laid out like the text that they stand for."""

from __future__ import annotations

import pytest

from gogdb.render.ansi import render
from gogdb.view.doc.document import Cell, Column, Doc, Heading, Note, Table
from gogdb.view.doc.forms import MarkedInt, mark, split_at_marks


@pytest.mark.parametrize("text", ["1", "17", "0xc000123ee8", "m12.g0", "~ !"])
def test_marks_are_found_again(text: str) -> None:
    assert split_at_marks(mark(text)) == ["", text, ""]
    assert split_at_marks(f"a{mark(text)}{mark(text)}b") == ["a", text, "", text, "b"]


def test_marked_numbers_count_as_themselves() -> None:
    number = MarkedInt(0xC000)
    assert number - 0x1000 == 0xB000
    assert f"{number - 0x1000:#x}" == "0xb000"
    assert split_at_marks(f"at {number:#x}, {number}") == ["at ", "0xc000", ", ", "49152", ""]


@pytest.mark.parametrize("cut", [slice(0, -1), slice(1, None), slice(1, -1), slice(0, 1)])
def test_marks_that_are_cut_are_no_marks(cut: slice) -> None:
    assert split_at_marks(f"at {mark('0xc000')[cut]}…") is None


def doc(address: str, name: str) -> Doc:
    rows = [[Cell(address, role="address"), Cell("näme"), Cell("runtime.gopark")] for _ in range(3)]
    columns = [Column("sp", "right", 2), Column("a"), Column("function", keep=3)]
    return Doc([Heading(f"goroutine {name}", 2, "✓"), Table(columns, rows), Note(f"at {address}")])


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("ascii", [False, True])
def test_a_mark_is_laid_out_like_its_text(width: int, color: bool, ascii: bool) -> None:
    marked = doc(mark("0xc000123ee8"), mark("17"))
    lines = render(marked, width=width, color=color, ascii=ascii, marked=True)
    pieces = split_at_marks("\n".join(lines))
    assert pieces
    plain = render(doc("0xc000123ee8", "17"), width=width, color=color, ascii=ascii)
    assert "".join(pieces) == "\n".join(plain)
    assert set(pieces[1::2]) == {"17", "0xc000123ee8"}


def test_marks_are_escaped_where_none_are_expected() -> None:
    text = "\n".join(render(doc(mark("0xc0"), mark("17")), width=80, color=False))
    assert split_at_marks(text) == [text]
    assert "\\ud8b1\\ud937" in text
