"""Each kind of part, also on pages that are too narrow for it."""

from __future__ import annotations

import pytest

from gogdb.render.ansi import render
from gogdb.render.cells import cut, pad, width, wrap
from gogdb.render.html.art import art_lines
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
    Remarked,
    Span,
    StackBar,
    StackColumn,
    StackPicture,
    StackWord,
    Table,
    Text,
    Wrapped,
)


def lines(part: Part, width: int = 40, *, color: bool = False, ascii: bool = False) -> list[str]:
    return list(render(Doc((part,)), width=width, color=color, ascii=ascii))


def rows(*texts: tuple[str, ...]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(Cell(text) for text in row) for row in texts)


@pytest.mark.parametrize(
    ("text", "cells", "wrapped"),
    [
        ("", 5, [""]),
        ("a bb ccc dddd", 5, ["a bb", "ccc", "dddd"]),
        ("x" * 13, 5, ["xxxxx", "xxxxx", "xxx"]),
        ("example.com/a/b/c.(*T).Method", 12, ["example.com/", "a/b/c.(*T).", "Method"]),
        ("  indented text here", 12, ["  indented", "text here"]),
        ("           x y", 6, ["x y"]),
        ("p $rsp    x/gx $rsp", 12, ["p $rsp", "x/gx $rsp"]),
        ("中文，测试。ok", 4, ["中", "文，", "测", "试。", "ok"]),
        ("go：“你好”世界", 6, ["go：", "“你好”", "世界"]),
    ],
)
def test_wrapping_counts_cells(text: str, cells: int, wrapped: list[str]) -> None:
    assert wrap(text, cells) == wrapped


def test_cells_of_wide_characters() -> None:
    assert width("ab中文e\u0301") == 7
    assert cut("中文中文", 8, "…") == "中文中文"
    assert cut("中文中文", 7, "…") == "中文中…"
    assert cut("中文中文", 6, "…") == "中文…"
    assert cut("abc", 2, "...") == ".."
    assert pad("中", 4, "right") == "  中"


def test_paragraph_from_several_lines() -> None:
    assert lines(Text("one\n  two\nthree")) == ["one two three"]
    assert lines(Text("线程离开\n  g0 的栈，\n换一个栈")) == ["线程离开 g0 的栈，换一个栈"]


def test_heading_with_an_aside() -> None:
    assert lines(Heading("a", aside="b")) == ["━━ a ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ b ━━"]
    assert lines(Heading("a" * 50)) == ["━━ " + "a" * 33 + "… ━━"]
    assert lines(Heading("24/28", aside="an aside with no room on the rule")) == [
        "━━ 24/28 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━",
        "an aside with no room on the rule",
    ]
    assert lines(Heading("a", 2, "b")) == ["a  b"]


def test_table_aligns_wide_characters_and_numbers() -> None:
    columns = (Column("goid", "right"), Column("原因"), Column("at"))
    table = Table(
        columns, rows(("1", "等待通道", "a"), ("10001", "chan", "b"), ("7", "unreadable"))
    )
    assert lines(table) == [
        "   goid  原因        at",
        "  ─────  ──────────  ──",
        "      1  等待通道    a",
        "  10001  chan        b",
        "      7  unreadable",
    ]


def test_table_drops_columns_of_lowest_keep_first() -> None:
    columns = (Column("a", keep=3), Column("b", keep=1), Column("c", keep=2), Column("d", keep=3))
    table = Table(columns, rows(("a" * 12, "b" * 12, "c" * 12, "d" * 12)), "title")
    assert lines(table, 80) == [
        "  title",
        "  a             b             c             d",
        "  ────────────  ────────────  ────────────  ────────────",
        "  aaaaaaaaaaaa  bbbbbbbbbbbb  cccccccccccc  dddddddddddd",
    ]
    assert lines(table, 44) == [
        "  title",
        "  a             c             d",
        "  ────────────  ────────────  ────────────",
        "  aaaaaaaaaaaa  cccccccccccc  dddddddddddd",
        "  hidden: b (widen the terminal)",
    ]
    assert lines(table, 40)[-1] == "  hidden: b, c (widen the terminal)"


def test_table_wraps_its_widest_column() -> None:
    table = Table((Column("id"), Column("what")), rows(("1", "word " * 30), ("2", "short")))
    assert lines(table) == [
        "  id  what",
        "  ──  ──────────────────────────────────",
        "  1   word word word word word word word",
        "      word word word word word word word",
        "      word word word word word word wor…",
        "  2   short",
    ]


def test_table_keeps_leading_blanks() -> None:
    table = Table((Column("frame"),), rows(("main.main",), ("  inlined",)))
    assert lines(table)[2:] == ["  main.main", "    inlined"]


def test_long_table_is_one_table() -> None:
    long = [(Cell(str(i)), Cell("x")) for i in range(2500)]
    page = lines(Table((Column("n", "right"), Column("x")), long))
    assert len(page) == 2502
    assert (page[0], page[2], page[-1]) == ("     n  x", "     0  x", "  2499  x")


def test_empty_table() -> None:
    assert lines(Table((Column("a"),), (), "timers", "no timers")) == ["  timers  no timers"]
    assert lines(Table((Column("a"),), ())) == ["  none"]


def test_code_cuts_and_moves_notes_below() -> None:
    code = Code(
        (
            CodeLine("1", "\tx := 1", note="x = 1"),
            CodeLine("2", "\tcall(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)", True, "goes below"),
            CodeLine("10", ""),
            CodeLine("11", "\ty := 2", note="a note that is too long for the rest of the line"),
        ),
        "go",
    )
    assert lines(code) == [
        "      1  x := 1  x = 1",
        "  =>  2  call(aaaaaaaaaaaaaaaaaaaaaaaaa…",
        "           └ goes below",
        "     10",
        "     11  y := 2",
        "           └ a note that is too long for",
        "             the rest of the line",
    ]


@pytest.mark.parametrize(
    ("language", "text", "painted"),
    [
        ("go", 'return "s" // c', '^[33mreturn^[0m ^[32m"s"^[0m ^[2m// c^[0m'),
        ("go-asm", "MOVQ\tDI, AX // c", "^[33mMOVQ^[0m    ^[35mDI^[0m, ^[35mAX^[0m ^[2m// c^[0m"),
        (
            "go-asm",
            "CALL runtime·args(SB)",
            "^[33mCALL^[0m ^[94mruntime^[0m·^[94margs^[0m(^[35mSB^[0m)",
        ),
        ("att", "call 0x40 <main.add>", "^[33mcall^[0m ^[36m0x40^[0m <^[94mmain.add^[0m>"),
        ("intel", "mov rdx,[rbx+0x18]", "^[33mmov^[0m ^[35mrdx^[0m,[^[35mrbx^[0m+^[36m0x18^[0m]"),
    ],
)
def test_code_colours(language: str, text: str, painted: str) -> None:
    code = Code((CodeLine("", text),), language)  # type: ignore[arg-type]
    assert lines(code, 80, color=True) == ["     " + painted.replace("^", "\x1b")]


def test_empty_code() -> None:
    assert lines(Code((), "go", "main.go"), color=True) == ["  \x1b[1mmain.go\x1b[0m"]


def two_stacks(meaning: str) -> StackPicture:
    return StackPicture(
        (
            StackColumn("one", 0x1000, 0x800, (StackWord(0xFF8, 0x900, meaning, (Mark("rsp"),)),)),
            StackColumn("two", 0x3000, 0x2000, (StackWord(0x2008, None),)),
        ),
        "before the jump",
    )


def test_stacks_side_by_side() -> None:
    assert lines(two_stacks("goexit+1 where goexit would go on"), 64) == [
        "  before the jump",
        "  one                                     two",
        "  ┌ hi 0x1000 ───────────────────┐        ┌ hi 0x3000 ─────────┐",
        "  │ …0ff8  …0900  goexit+1 wher… │ ◄ rsp  │ …2008  ?  unreada… │",
        "  └ lo 0x800 ────────────────────┘        └ lo 0x2000 ─────────┘",
    ]


@pytest.mark.parametrize(("room", "address"), [(60, "…"), (80, "0x7f")])
def test_stacks_of_a_picture_have_addresses_of_one_form(room: int, address: str) -> None:
    lo, hi = 0x7F0000001000, 0x7F0000002000
    words = [StackWord(hi - 8, 0, meaning) for meaning in ("", "goexit+1 and more")]
    picture = StackPicture([StackColumn("", hi, lo, [word]) for word in words])
    (line,) = (line for line in lines(picture, room) if "goexit+1" in line)
    assert line.count(address) == 2


def test_stacks_one_below_the_other() -> None:
    assert lines(two_stacks("goexit+1"), 40, ascii=True) == [
        "  before the jump",
        "  one",
        "  + hi 0x1000 -------------+",
        "  | 0xff8  0x900  goexit+1 | <- rsp",
        "  + lo 0x800 --------------+",
        "",
        "  two",
        "  + hi 0x3000 ------------+",
        "  | 0x2008  ?  unreadable |",
        "  + lo 0x2000 ------------+",
    ]


def test_claims_that_hold_and_fail() -> None:
    short = Claims((("a", True), ("b", False), ("c", True)))
    assert lines(short) == ["  ✓ a                ✗ b", "  ✓ c"]
    assert lines(short, ascii=True) == ["  [ok] a             [FAIL] b", "  [ok] c"]
    assert lines(Claims((("a long claim that goes on and on, and on", True),))) == [
        "  ✓ a long claim that goes on and on,",
        "    and on",
    ]


def test_notes_of_each_kind() -> None:
    assert lines(Note("see go-stacks")) == ["  → see go-stacks"]
    assert lines(Note("moved", "warn"), color=True) == ["\x1b[33m  ! moved\x1b[0m"]
    assert lines(Note("unread", "bad"), ascii=True) == ["  [FAIL] unread"]


def test_rules_in_a_stack() -> None:
    column = StackColumn(
        "words",
        0x1000,
        0x800,
        (
            StackWord(0, None, rule="#1 main.main  main.go:7"),
            StackWord(0xFF8, 0x401000, "return to goexit"),
            StackWord(0, None, rule="#0 main.a.function.with.a.long.name"),
            StackWord(0xFF0, None, gap="8 bytes free"),
        ),
    )
    assert lines(StackPicture((column,)), 60) == [
        "  words",
        "  ┌ hi 0x1000 ────────────────────────────┐",
        "  ├─ #1 main.main  main.go:7 ─────────────┤",
        "  │ 0xff8  0x401000  return to goexit     │",
        "  ├─ #0 main.a.function.with.a.long.name ─┤",
        "  │ ⋮ 8 bytes free                        │",
        "  └ lo 0x800 ─────────────────────────────┘",
    ]
    assert lines(StackPicture((column,)), 40, ascii=True)[2:5] == [
        "  +- #1 main.main  main.go:7 ----------+",
        "  | 0xff8  0x401000  return to goexit  |",
        "  +- #0 main.a.function.with.a.lon... -+",
    ]


def test_art_pads_and_hides_spans() -> None:
    spans = [Span("线程", min_cells=6), Span("──"), Span("not seen", hidden=True), Span("p0")]
    assert lines(Art([spans])) == ["  线程  ──        p0"]


def test_art_wraps_a_line_and_cuts_another() -> None:
    names = " ".join(f"m{n}" for n in range(20))
    assert lines(Art([Wrapped(names), [Span("x" * 50)]])) == [
        "  m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10",
        "    m11 m12 m13 m14 m15 m16 m17 m18 m19",
        "  " + "x" * 37 + "…",
    ]


def test_art_wraps_at_most_twelve_lines() -> None:
    names = " ".join(f"m{n}" for n in range(1000))
    for cells in (40, 80, 200):
        drawn = lines(Art([Wrapped(names, more="… and so on")]), cells)
        assert len(drawn) == 13
        assert drawn[-1] == "    … and so on"
        assert max(map(len, drawn)) <= min(cells, 78)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (80, ["  p $rsp", "    0x7ffc1000   where the innermost frame ends"]),
        (42, ["  p $rsp   where the innermost frame ends", "    0x7ffc1000"]),
    ],
)
def test_remark_is_placed_where_it_fits(width: int, expected: list[str]) -> None:
    command, answer = [Span("p $rsp")], [Span("  0x7ffc1000")]
    remark = Span("   where the innermost frame ends")
    assert lines(Art([Remarked([command, answer], remark)]), width) == expected


def test_art_lines_for_a_browser() -> None:
    picture = Art(
        [
            [Span("m0", "strong", 4), Span("not seen", hidden=True), Span("p0")],
            Wrapped("m1 m2 m3", "dim"),
            Remarked([[Span("p 1")], [Span("1")]], Span("   one")),
            StackBar(0x1000, 0x2000, 928, 512),
        ]
    )
    drawn = ["".join(span.text for span in line) for line in art_lines(picture)]
    assert drawn == ["m0          p0", "m1 m2 m3", "p 1", "1   one", "lo 0x1000 … 0x2000 hi"]
