"""gogdb's layouts in GDB's TUI, read from the screen of a terminal."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gogdb.launch.tools import Gdb
from tests.support.screen import Screen

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
    rows = screen.column(WINDOW)
    assert [row for row in rows if row][:4] == [
        f"━━ 24/28 · gogo-sp ✓ {'━' * 17}",
        "one instruction, another stack",
        f"━━ M ─ P ─ G {'━' * 25}",
        "  m0   ── p0   ── g1 running",
    ]
    assert rows[5].startswith("━━ g1's stack ━")
    assert re.fullmatch(r"  0  gogo  asm_amd64\.s:\d+", rows[6])
    assert re.fullmatch(r"  1  runtime\.goexit  asm_amd64\.s:\d+", rows[7])
    # The window has the heading, and the card is what fits below it.
    assert "The thread has left g0's stack." in screen.text
    assert "for more, q to quit" not in screen.text
    screen.run("set height unlimited", "(gdb) set height unlimited")  # which ends no card earlier
    screen.run("go-boot step", "25/28")
    screen.wait_for(lambda text: "sp, ctxt and bp are loaded" in text and "go-boot step, E" in text)
    screen.run("go-boot stop", lambda text: "25/28" not in text)


def test_each_stop_is_shown(show: Show, boot: Path, lines: dict[str, int]) -> None:
    screen = show(boot, rows=40, columns=120)
    screen.run("break main.main", "Breakpoint 1")
    screen.run("run", "hit Breakpoint 1")
    screen.run("layout gogdb", "g1's stack")
    assert re.search(r"m0 +\(thread \d+\) +── p\d +── g1 running", screen.text)
    for place in ("before add", "after add"):
        screen.run("next", f"main.main  main.go:{lines[place]}")
    screen.run("thread 2", lambda text: "g1's stack" not in text)
    screen.run("thread 1", f"main.main  main.go:{lines['after add']}")
    screen.run("kill", NOT_RUNNING)


def test_resized_disabled_and_enabled(show: Show, boot: Path, lines: dict[str, int]) -> None:
    screen = show(boot)
    screen.run("break main.main", "Breakpoint 1")
    screen.run("run", "hit Breakpoint 1")
    screen.run("layout gogdb", "main.main  main.go")
    narrow = screen.column(WINDOW)
    screen.resize(30, 100)
    screen.wait_for(lambda text: f"━━ M ─ P ─ G {'━' * 35}" in text and "runtime.goexit" in text)
    assert len(screen.column(WINDOW)) > len(narrow)
    screen.run("tui disable", "(gdb) tui disable")
    screen.run("next", "sum := add")
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
    screen.wait_for("─gogdb ^v─")
    assert "M ─ P ─ G" not in screen.text
    assert screen.column(WINDOW)[0].startswith("  m0   ── p")
    screen.type("\x1b[6~" * 3)  # Page Down
    screen.wait_for("─gogdb ^─")
    *_, outermost, used = screen.column(WINDOW)
    assert re.fullmatch(r"  2  runtime\.goexit  asm_amd64\.s:\d+", outermost)
    assert re.fullmatch(r"\d+ of \d+ bytes used, \d+ free", used)


def test_locale_without_utf8(show: Show, boot: Path) -> None:
    """There the TUI can write ASCII alone, whatever the language."""
    screen = show(boot, locale="C", language="zh")
    screen.run("layout gogdb", NOT_RUNNING)
    screen.run("go-boot step", "on no goroutine's stack")
    rows = screen.column("qgogdb")
    assert rows[0].startswith("== 1/28 - entry [ok] ===")
    assert rows[2].startswith("== M - P - G ===")
    assert "".join(rows).isascii()


def test_chinese(show: Show, boot: Path) -> None:
    screen = show(boot, language="zh", rows=40, columns=120)
    screen.run("layout gogdb-asm", "程序没有在运行")
    screen.run("go-boot step", "不在任何 goroutine 的栈上")
    screen.wait_for("<_rt0_amd64_linux>")  # its first instruction, in GDB's window
    assert "程序的第一条指令" in screen.text


def test_no_go_program(show: Show) -> None:
    screen = show(Path("/bin/true"))
    screen.run("layout gogdb", "! ")
    assert "is not a Go program" in " ".join(row.strip() for row in screen.column(WINDOW))


def test_failure_is_a_line_in_the_window(show: Show, boot: Path) -> None:
    screen = show(boot)
    screen.run("layout gogdb", NOT_RUNNING)
    fails = "from gogdb.commands import tui_page; tui_page.page = lambda: 1 / 0"
    screen.run(f"python {fails}", "1 / 0")
    screen.run("start", "ZeroDivisionError")
    assert screen.column(WINDOW)[0] == "ZeroDivisionError: division by zero"
    assert "Python Exception" not in screen.text
    assert "Traceback" not in screen.text


def test_gdb_without_windows_loads_silently(batch: Batch, gdbinit: Path) -> None:
    done = batch(
        "-ex", "python del gdb.register_window_type", "-ex", f"source {gdbinit}", "-ex", "echo end"
    )
    assert (done.stdout, done.stderr) == ("end", "")
