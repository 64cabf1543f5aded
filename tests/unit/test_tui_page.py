"""The page of gogdb's window in GDB's TUI, on recorded walks and invented schedulers."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gogdb.boot.record import Claim
from gogdb.boot.stage import Record
from gogdb.i18n import LANGUAGES, use_language
from gogdb.render import cells
from gogdb.render.ansi import render
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.view import boot as boot_view
from gogdb.view import tui
from gogdb.view.doc.document import Doc, Heading, Part, Text
from gogdb.view.narration import narration
from tests.support import factories
from tests.support.walks import VERSIONS, recorded_walk

NARROW, WIDE = 38, 57  # of a window beside the source, on terminals of 80 and 120 columns


def lines(parts: Iterable[Part], width: int = NARROW, *, ascii: bool = False) -> list[str]:
    drawn = (render(Doc([part]), width=width, color=False, ascii=ascii) for part in parts)
    return [line for part in drawn for line in part]


def page(record: Record, lang: str = "en") -> list[Part]:
    """Return the page where a stage has ended."""
    now = record.last
    with use_language(lang):
        heading = boot_view.heading(record, narration(lang))
        parts = [
            *tui.stage(heading, record.claims, elsewhere=""),
            *tui.scheduler(now.runtime, now.m0, {now.m0.address: "runtime.schedule"}),
        ]
        if owner := now.runtime.stack_owner(now.sp):
            parts += tui.stack(now.runtime, owner, Unwound(tuple(now.frames), None))
    return parts


def stage(id: str, version: str = "1.27.3") -> Record:
    return next(each for each in recorded_walk(version).records if each.stage.id == id)


def frame(function: str, line: int = 7) -> Frame:
    place = function, "/src/file.go", line
    return Frame(*place, 0x1000, 0x2000, 0x2010, 0x2008, None, inlined=False, elided=False)


def test_page_at_a_stage() -> None:
    assert lines(page(stage("schedule"))) == [
        "━━ 20/28 · schedule ✓ ━━━━━━━━━━━━━━━━",
        "the first round of the scheduler",
        "━━ M ─ P ─ G ━━━━━━━━━━━━━━━━━━━━━━━━━",
        "  m0   ── p0   ── in schedule, next g1",
        "  1 idle P: p1",
        "━━ g0's stack ━━━━━━━━━━━━━━━━━━━━━━━━",
        "  0  runtime.schedule  proc.go:4150",
        "  1  runtime.mstart1  proc.go:1955",
        "  2  runtime.mstart0  proc.go:1901",
        "  3  runtime.mstart  asm_amd64.s:393",
        "104 of 65536 bytes used, 65432 free",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_cut_during_the_boot(version: str, lang: str) -> None:
    """In the 38 cells beside the source on a terminal of 80 columns."""
    for record in recorded_walk(version).records:
        drawn = lines(tui.scheduler(record.last.runtime, record.last.m0, {}))
        assert [line for line in drawn if "…" in line] == [], record.stage.id


@pytest.mark.parametrize("width", [20, 25, NARROW, WIDE, 100])
@pytest.mark.parametrize("ascii", [False, True])
def test_lines_fit_the_window(width: int, ascii: bool) -> None:
    for record in recorded_walk("1.27.3").records:
        drawn = lines(page(record, "zh"), width, ascii=ascii)
        assert [line for line in drawn if cells.width(line) > width] == []


def test_threads_are_shown_where_there_is_room() -> None:
    record = stage("gogo-sp")
    parts = tui.scheduler(record.last.runtime, record.last.m0, {})
    assert lines(parts, NARROW)[1] == "  m0   ── p0   ── g1 running"
    assert lines(parts, WIDE)[1].startswith("  m0  (thread ")


def test_no_m_before_the_first_has_its_g0() -> None:
    runtime, m0 = factories.runtime(), factories.m(0, g0=0)
    assert lines(tui.scheduler(runtime, m0, {}))[1:] == ["no M yet: allm is empty"]
    assert lines(tui.scheduler(runtime, m0._replace(g0=0x100), {}))[1].startswith("  m0 ")


def test_mark_of_a_stage_is_that_of_its_claims() -> None:
    heading = Heading("1/28 · entry")
    for claims, mark in (((), ""), ((True,), " ✓"), ((True, False), " ✗")):
        made = [Claim("some", holds) for holds in claims]
        (part,) = tui.stage(heading, made, elsewhere="")
        assert part == Heading(f"1/28 · entry{mark}")


def test_thread_that_has_left_the_stage() -> None:
    for place, following, text in (
        (("runtime.gogo", 4), "", "the selected thread is at runtime.gogo+4 now"),
        (("gogo", 12), "gogo-sp", "gone back to gogo+12, gogo-sp lies ahead again"),
        (("", 0), "", "the selected thread is in no function of the program"),
        (None, "gogo-sp", "it is not known where the selected thread is"),
    ):
        (_, left) = tui.stage(Heading("1/28 · entry"), (), tui.elsewhere(place, following))
        assert left == Text(text, "dim")


def test_stack_names_its_goroutine_and_its_frames() -> None:
    g = factories.g(7)
    frames = (
        frame("github.com/a-long-path/of/packages/server.(*Conn).serve"),
        frame("example.com/x/lists.Map[github.com/some/other.Type]", 12),
        frame("runtime.goexit", 1700),
    )
    drawn = lines(tui.stack(factories.runtime(gs=[g]), g, Unwound(frames, "stopped here")))
    assert drawn[0].startswith("━━ g7's stack ━")
    assert drawn[-4:] == [
        "  0  server.(*Conn).serve  file.go:7",
        "  1  lists.Map[github.com/some/other.…",
        "  2  runtime.goexit  file.go:1700",
        "  ! stopped here",
    ]


def test_thread_on_no_stack_of_the_runtime() -> None:
    there = lines(tui.at(("_rt0_amd64_linux", 4, "/go/rt0.s", 8)))
    assert there[1] == "  _rt0_amd64_linux+4  rt0.s:8"
    assert lines(tui.at(("", 0, "", 0)))[1] == "  no function of the program"
