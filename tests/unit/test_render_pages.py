"""Whole pages, line by line, in text and in colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gogdb.render.ansi import render
from gogdb.view.doc.document import (
    Claims,
    Doc,
    Heading,
    Note,
    Text,
)
from tests.support.documents import OVERVIEW, STAGE


@pytest.mark.parametrize(
    ("doc", "width", "ascii", "page"),
    [
        (STAGE, 80, False, "stage_80"),
        (STAGE, 120, False, "stage_120"),
        (STAGE, 80, True, "stage_ascii"),
        (OVERVIEW, 80, False, "overview_80"),
        (OVERVIEW, 120, False, "overview_120"),
        (OVERVIEW, 80, True, "overview_ascii"),
    ],
)
def test_whole_page(doc: Doc, width: int, ascii: bool, page: str) -> None:
    expected = (Path(__file__).parent / "test_render_expected" / f"{page}.txt").read_text("utf-8")
    assert list(render(doc, width=width, color=False, ascii=ascii)) == expected.splitlines()


@pytest.mark.parametrize("doc", [STAGE, OVERVIEW])
@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_colour_adds_only_escape_sequences(doc: Doc, ascii: bool, width: int) -> None:
    colored = list(render(doc, width=width, color=True, ascii=ascii))
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in colored]
    assert plain == list(render(doc, width=width, color=False, ascii=ascii))
    assert all(re.search(r"\x1b\[0m[^\x1b]*$", line) for line in colored if "\x1b" in line)


def test_colours_of_a_stage() -> None:
    doc = Doc((STAGE.parts[0], STAGE.parts[2], STAGE.parts[5]))
    colored = [line.replace("\x1b", "^") for line in render(doc, width=80, color=True)]
    assert colored == [
        (
            "^[2m━━ ^[0m^[1;36m24/28 · gogo-sp^[0m^[2m ━━━━━━━━━━━━━━━━━━━━━━━━━━━ ^[0m^[1mon"
            "e instruction, another stack^[0m^[2m ━━^[0m"
        ),
        "  ^[1masm_amd64.s · gogo+15^[0m",
        ("     ^[2m0x4879c9^[0m  ^[33mmov^[0m    ^[35m%rdx^[0m,^[35m%r14^[0m        r14 = g1"),
        (
            "     ^[2m0x4879cc^[0m  ^[33mmov^[0m    (^[35m%rbx^[0m),^[35m%rsp^[0m "
            "     rsp = gobuf.sp, done just now"
        ),
        (
            "  ^[1;32m=>^[0m ^[1;32m0x4879cf^[0m  ^[1mmov    0x18(%rbx),%rdx^[0m  ^[1mrdx = g"
            "obuf.ctxt → &mainPC^[0m"
        ),
        (
            "     ^[2m0x4879d3^[0m  ^[33mmov^[0m    ^[36m0x28^[0m(^[35m%rbx^[0m),^"
            "[35m%rbp^[0m  rbp = gobuf.bp"
        ),
        "     ^[2m0x4879e2^[0m  ^[33mjmp^[0m    *^[35m%rbx^[0m",
        "",
        "^[32m  ✓ ^[0mrsp was inside g0's bounds and is inside goroutine 1's",
        (
            "  ^[32m✓^[0m the word at rsp is goexit+1          ^[32m✓^[0m TLS slot and r14 na"
            "me the same g"
        ),
        "^[1;31m  ✗ gobuf.bp is 0^[0m",
    ]


def test_blank_lines_between_parts() -> None:
    parts = (Heading("a"), Text("b"), Text("c"), Claims((("d", True),)), Note("e"), Note("f"))
    assert list(render(Doc(parts), width=40, color=False)) == [
        "━━ a " + "━" * 35,
        "b",
        "",
        "c",
        "",
        "  ✓ d",
        "  → e",
        "  → f",
    ]


def test_empty_document() -> None:
    assert list(render(Doc(), width=80, color=True)) == []
