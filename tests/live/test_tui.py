"""gogdb's layouts in GDB's TUI, read from the screen of a terminal."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gogdb.launch.tools import Gdb
from tests.support.screen import Screen
from tests.support.session import NOT_PREEMPTED

Show = Callable[..., Screen]
Batch = Callable[..., subprocess.CompletedProcess[str]]

WINDOW = "─gogdb"
NOT_RUNNING = "the program is not running"


@pytest.fixture
def show(gdb: Gdb) -> Iterator[Show]:
    """Start a GDB on a screen; it ends with the test."""
    opened: list[Screen] = []

    def show(program: Path | None = None, **how: object) -> Screen:
        opened.append(Screen(gdb.path, program, **how))  # type: ignore[arg-type]
        return opened[-1]

    yield show
    for screen in opened:
        screen.close()


def line_of(place: str, source: Path) -> int:
    """Return the number of the line below a marker."""
    lines = source.read_text("utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 2) if f"marker: {place}" in line)


@pytest.fixture(scope="module")
def lines() -> dict[str, int]:
    """The lines of the boot program that the tests stop at."""
    source = Path(__file__).parents[2] / "fixtures/boot/main.go"
    return {place: line_of(place, source) for place in ("before add", "after add")}


def test_boot_beside_the_source(show: Show, boot: Path) -> None:
    screen = show(boot)
    screen.run("layout gogdb", NOT_RUNNING)
    screen.run("go-boot until gogo-sp", "24/28 · gogo-sp ✓")
    screen.wait_for("go-boot step, Enter")  # the card's last line
    screen.wait_for_window(
        WINDOW,
        "━━ 24/28 · gogo-sp ✓ ━{17}",
        "one instruction, another stack",
        "━━ M ─ P ─ G ━{25}",
        "  m0   ── p0   ── g1 running",
        "  1 idle P: p1",
        "━━ g1's stack ━.*",
        r"  0  gogo  asm_amd64\.s:\d+",
        r"  1  runtime\.goexit  asm_amd64\.s:\d+",
    )
    # The window has the heading, and the card is what fits below it.
    assert "The thread has left g0's stack." in screen.text
    assert "for more, q to quit" not in screen.text
    screen.run("set height unlimited", "(gdb) set height unlimited")  # which ends no card earlier
    screen.run("go-boot step", "25/28")
    screen.wait_for(lambda text: "sp, ctxt and bp are loaded" in text and "go-boot step, E" in text)
    screen.run("go-boot stop", lambda text: "25/28" not in text)


def test_instructions_are_those_where_the_program_stands(show: Show, boot: Path) -> None:
    """runtime.gogo, which begins in the source window's first lines, jumps to gogo."""
    screen = show(boot, rows=40, columns=120)
    screen.run("layout gogdb", NOT_RUNNING)
    screen.run("go-boot until gogo-sp", "go-boot step, Enter")
    screen.run("layout gogdb-asm", re.compile(r"> *0x[0-9a-f]+ <gogo\+\d+>").search)
    screen.run("layout gogdb-wide", lambda text: "<gogo" not in text)
    screen.wait_for_window(WINDOW, "━━ 24/28 · gogo-sp ✓ ━{40,} one instruction, another stack ━━")


def test_each_stop_is_shown(show: Show, boot: Path, lines: dict[str, int]) -> None:
    screen = show(boot, rows=40, columns=120)
    screen.type(f"{NOT_PREEMPTED}\n")
    screen.run("break main.main", "Breakpoint 1")
    screen.run("run", "hit Breakpoint 1")
    g1 = re.compile(r"m0 +\(thread \d+\) +── p\d +── g1 running(.*\n)+.*g1's stack")
    screen.run("layout gogdb", g1.search)
    for place in ("before add", "after add"):
        screen.run("next", f"main.main  main.go:{lines[place]}")
    screen.run("thread 2", lambda text: "g1's stack" not in text)
    screen.run("thread 1", f"main.main  main.go:{lines['after add']}")
    screen.run("kill", NOT_RUNNING)


def test_the_goroutine_that_is_selected(show: Show, boot: Path) -> None:
    screen = show(boot, rows=40, columns=120)
    screen.run("break main.main", "Breakpoint 1 at ")
    screen.run("run", "hit Breakpoint 1")
    screen.run("layout gogdb", "g1's stack")
    screen.run("go-goroutine g0", lambda text: "g0's stack" in text and "g1's" not in text)
    screen.run("go-goroutine off", lambda text: "g1's stack" in text and "g0's" not in text)


def test_resized_disabled_and_enabled(show: Show, boot: Path, lines: dict[str, int]) -> None:
    screen = show(boot)
    screen.type(f"{NOT_PREEMPTED}\n")
    screen.run("break main.main", "Breakpoint 1")
    screen.run("run", "hit Breakpoint 1")
    screen.run("layout gogdb", "main.main  main.go")
    narrow = screen.wait_for_window(WINDOW, "━━ M ─ P ─ G ━{25}")
    screen.resize(30, 100)
    wide = screen.wait_for_window(WINDOW, "━━ M ─ P ─ G ━{35}", "(.*\n)+.*runtime.goexit.*")
    assert len(wide) > len(narrow)
    screen.type("tui disable\n")
    screen.run("next", re.compile(rf"^{lines['before add']}\s+sum := add", re.M).search)
    screen.run("tui enable", f"main.main  main.go:{lines['before add']}")
    screen.resize(24, 44)
    screen.wait_for("too narrow")


def test_window_scrolls_by_keys(show: Show, boot: Path) -> None:
    screen = show(boot, rows=14)
    screen.run("break main.main", "Breakpoint 1")
    screen.run("run", "hit Breakpoint 1")
    screen.run("layout gogdb", "─gogdb v─")
    screen.run("focus gogdb", "Focus set to gogdb window")
    screen.type("\x1bOB")  # Down
    screen.wait_for_window("─gogdb ^v─", "  m0   ── p.*")
    assert "M ─ P ─ G" not in screen.text
    screen.type("\x1b[6~" * 3)  # Page Down
    outermost, used = r"  2  runtime\.goexit  asm_amd64\.s:\d+", r"\d+ of \d+ bytes used, \d+ free"
    screen.wait_for_window("─gogdb ^─", f"(.*\n)+{outermost}", f"{used}$")


def test_locale_without_utf8(show: Show, boot: Path) -> None:
    """There the TUI can write ASCII alone, whatever the language."""
    screen = show(boot, locale="C", language="zh")
    screen.run("layout gogdb", NOT_RUNNING)
    screen.type("go-boot step\n")
    rows = screen.wait_for_window(
        "qgogdb",
        r"== 1/28 - entry \[ok\] =+",
        ".*",
        "== M - P - G =+",
        ".*",
        "== on no goroutine's stack =+",
        "  _rt0_amd64_linux  .*",
    )
    assert "".join(rows).isascii()


def test_chinese(show: Show, boot: Path) -> None:
    screen = show(boot, language="zh", rows=40, columns=120)
    screen.run("layout gogdb-asm", "程序没有在运行")
    shown = (
        "程序的第一条指令",
        "不在任何 goroutine 的栈上",
        "<_rt0_amd64_linux>",  # its first instruction, in GDB's window
    )
    screen.run("go-boot step", lambda text: all(each in text for each in shown))


def test_no_go_program(show: Show) -> None:
    screen = show(Path("/bin/true"))
    screen.type("layout gogdb\n")
    screen.wait_for_window(
        WINDOW, "  ! .* is not a Go program:", "    gogdb reads Go programs only"
    )


@pytest.mark.parametrize(
    "fault",
    [
        "from gogdb.commands import tui_page; tui_page.page = lambda: 1 / 0",
        "from gogdb.commands import tui_page; tui_page.walk_state = lambda: 1 / 0",
        "from gogdb.render import ansi; ansi.render = lambda *_, **__: (1 / 0 for _ in 'x')",
    ],
    ids=["read", "state", "layout"],
)
def test_failure_is_a_line_in_the_window(show: Show, boot: Path, fault: str) -> None:
    screen = show(boot)
    screen.run("layout gogdb", NOT_RUNNING)
    screen.type(f"python {fault}\nstart\n")
    screen.wait_for_window(WINDOW, "ZeroDivisionError: division by zero")
    assert "Python Exception" not in screen.text
    assert "Traceback" not in screen.text


def test_gdb_without_windows_loads_silently(batch: Batch, gdbinit: Path) -> None:
    done = batch(
        "-ex", "python del gdb.register_window_type", "-ex", f"source {gdbinit}", "-ex", "echo end"
    )
    assert (done.stdout, done.stderr) == ("end", "")


def test_frames_of_a_goroutine_are_written_below_the_source(show: Show, boot: Path) -> None:
    """GDB 13 writes what its commands print for a script across the screen."""
    screen = show(boot)
    screen.run("break main.main", "Breakpoint 1 at ")
    screen.run("run", "Breakpoint 1, main.main")
    screen.run("layout src", "└─")
    selected = r"\[Switching to g0\b.*\]\n#\d+ +0x\w+ in runtime\."
    screen.run("go-goroutine g0", lambda text: re.search(rf"^{selected}", text, re.M))
    applied = r"g0\b.*:\n#\d+ +0x\w+ in runtime\."
    screen.run("go-apply g0 bt 1", lambda text: re.search(rf"^{applied}", text, re.M))
