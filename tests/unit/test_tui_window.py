"""gogdb's window in GDB's TUI: when it reads, what it draws, how it scrolls."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

EVENTS = (
    "before_prompt",
    "stop",
    "exited",
    "memory_changed",
    "register_changed",
    "new_objfile",
    "clear_objfiles",
)


class Event:
    """One of `gdb.events`."""

    def __init__(self) -> None:
        self.handlers: list[Callable[..., object]] = []

    def connect(self, handler: Callable[..., object]) -> None:
        self.handlers.append(handler)

    def disconnect(self, handler: Callable[..., object]) -> None:
        self.handlers.remove(handler)

    def happens(self) -> None:
        for handler in self.handlers:
            handler(None)


class Gdb:
    """What the window needs of the module gdb."""

    error = type("error", (RuntimeError,), {})

    def __init__(self, layouts: str = "") -> None:
        self.events = SimpleNamespace(**{name: Event() for name in EVENTS})
        self.windows: dict[str, Callable[..., Any]] = {}
        self.commands: list[str] = []
        self.history = ""
        self._layouts = layouts

    def register_window_type(self, name: str, factory: Callable[..., Any]) -> None:
        self.windows[name] = factory

    def execute(self, command: str, to_string: bool = False) -> str:
        self.commands.append(command)
        if command == "show commands":
            return self.history
        return self._layouts if to_string else ""


class TuiWindow:
    """GDB's side of a window; `drawn` is what was written to it."""

    def __init__(self, width: int = 40, height: int = 4) -> None:
        self.width, self.height, self.title = width, height, ""
        self.valid = True
        self.drawn: list[str] = []

    def is_valid(self) -> bool:
        return self.valid

    def write(self, text: str, full_window: bool = False) -> None:
        assert self.valid
        assert full_window
        self.drawn.append(text)


class Content:
    """Numbered lines, and how often they were read and made."""

    def __init__(self, count: int = 3) -> None:
        self.count = count
        self.now: object = 0
        self.reads: int = 0
        self.widths: list[int] = []
        self.made = 0

    def state(self) -> object:
        return self.now

    def read(self) -> Callable[[int], Iterator[str]]:
        self.reads += 1
        return self._lines

    def _lines(self, width: int) -> Iterator[str]:
        self.widths.append(width)
        for number in range(self.count):
            self.made += 1
            yield f"{self.now} {number}"


@pytest.fixture
def gdb(monkeypatch: pytest.MonkeyPatch) -> Gdb:
    fake = Gdb()
    monkeypatch.setitem(sys.modules, "gdb", fake)
    return fake


@pytest.fixture
def tui(gdb: Gdb, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module under test, as if it were imported in this GDB."""
    monkeypatch.delitem(sys.modules, "gogdb.gdbhost.tui", raising=False)
    module = importlib.import_module("gogdb.gdbhost.tui")
    monkeypatch.delitem(sys.modules, "gogdb.gdbhost.tui")
    monkeypatch.setattr(module.typed_lines, "gdb", gdb)
    return module


def test_nothing_is_drawn_before_the_window_has_a_size(tui: ModuleType) -> None:
    content, window = Content(), TuiWindow()
    tui.Window(window, content)
    assert (window.drawn, content.reads) == ([], 0)


def test_lines_are_narrower_than_the_window(tui: ModuleType) -> None:
    """A line that fills a row wraps, and its end would be another row."""
    content, window = Content(), TuiWindow(width=40)
    tui.Window(window, content).render()
    assert content.widths == [39]
    assert window.drawn == ["0 0\n0 1\n0 2"]
    assert window.title == "gogdb"


def test_a_prompt_draws_only_what_has_changed(tui: ModuleType, gdb: Gdb) -> None:
    content, window = Content(1), TuiWindow()
    tui.Window(window, content).render()
    gdb.events.before_prompt.happens()  # the first after the layout was chosen
    window.drawn.clear()
    gdb.events.before_prompt.happens()
    assert (window.drawn, content.reads) == ([], 1)
    content.now = "another thread"
    gdb.events.before_prompt.happens()
    assert (window.drawn, content.reads) == (["another thread 0"], 2)


@pytest.mark.parametrize("event", [name for name in EVENTS if name != "before_prompt"])
def test_an_event_is_drawn_at_the_prompt(tui: ModuleType, gdb: Gdb, event: str) -> None:
    """A command may stop the program many times."""
    content, window = Content(1), TuiWindow()
    tui.Window(window, content).render()
    gdb.events.before_prompt.happens()
    window.drawn.clear()
    for _ in range(3):
        getattr(gdb.events, event).happens()
    assert (window.drawn, content.reads) == ([], 1)
    gdb.events.before_prompt.happens()
    assert (window.drawn, content.reads) == (["0 0"], 2)


def test_a_new_size_is_laid_out_and_not_read_again(tui: ModuleType) -> None:
    content, window = Content(5), TuiWindow(width=40, height=2)
    shown = tui.Window(window, content)
    shown.render()
    window.height = 3
    shown.render()
    assert (content.reads, content.widths) == (1, [39])
    window.width = 60
    shown.render()
    assert (content.reads, content.widths) == (1, [39, 59])
    assert window.drawn == ["0 0\n0 1", "0 0\n0 1\n0 2", "0 0\n0 1\n0 2"]


def test_scrolling_ends_at_both_ends(tui: ModuleType) -> None:
    window = TuiWindow(height=2)
    shown = tui.Window(window, Content(5))
    shown.render()
    titles = [window.title]
    for rows in (1, 99, -1, -99):
        shown.vscroll(rows)
        titles.append(window.title)
    assert window.drawn == ["0 0\n0 1", "0 1\n0 2", "0 3\n0 4", "0 2\n0 3", "0 0\n0 1"]
    assert titles == ["gogdb v", "gogdb ^v", "gogdb ^", "gogdb ^v", "gogdb v"]


def test_fewer_lines_than_rows_do_not_scroll(tui: ModuleType) -> None:
    window = TuiWindow(height=4)
    shown = tui.Window(window, Content(2))
    shown.vscroll(1)
    assert (window.drawn, window.title) == (["0 0\n0 1"], "gogdb")


def test_scrolled_window_stays_where_it_is_at_the_next_stop(tui: ModuleType, gdb: Gdb) -> None:
    content, window = Content(5), TuiWindow(height=2)
    shown = tui.Window(window, content)
    shown.vscroll(2)
    gdb.events.stop.happens()
    gdb.events.before_prompt.happens()
    assert window.drawn[-1] == "0 2\n0 3"
    content.count = 3
    gdb.events.stop.happens()
    gdb.events.before_prompt.happens()
    assert window.drawn[-1] == "0 1\n0 2"


def test_only_lines_that_are_shown_are_made(tui: ModuleType) -> None:
    content, window = Content(1000), TuiWindow(height=3)
    shown = tui.Window(window, content)
    shown.render()
    assert content.made == 4  # one more tells that there are more
    shown.vscroll(1)
    shown.vscroll(-1)
    assert content.made == 5


def test_disabled_tui_draws_nothing_until_it_is_enabled(tui: ModuleType, gdb: Gdb) -> None:
    """GDB keeps the window, and GDB 13 does not call `render` again."""
    content, window = Content(1), TuiWindow()
    shown = tui.Window(window, content)
    shown.render()
    gdb.events.before_prompt.happens()
    window.drawn.clear()
    window.valid = False
    assert not tui.is_shown()
    gdb.events.stop.happens()
    gdb.events.before_prompt.happens()
    shown.vscroll(1)
    shown.render()
    assert content.reads == 1
    window.valid = True
    gdb.events.before_prompt.happens()
    assert (window.drawn, content.reads) == (["0 0"], 2)
    window.valid = False
    gdb.events.before_prompt.happens()
    window.valid = True
    gdb.events.before_prompt.happens()
    assert (window.drawn, content.reads) == (["0 0", "0 0"], 2)  # GDB has drawn over it


def test_closed_window_listens_no_more(tui: ModuleType, gdb: Gdb) -> None:
    shown = tui.Window(TuiWindow(), Content())
    assert tui.is_shown()
    shown.close()
    assert not tui.is_shown()
    assert [name for name in EVENTS if getattr(gdb.events, name).handlers] == []


@pytest.mark.parametrize("width", [1, 2, 11, 24])
def test_narrow_window_says_so(tui: ModuleType, width: int) -> None:
    content, window = Content(), TuiWindow(width)
    tui.Window(window, content).render()
    assert window.drawn == ["too narrow"[: width - 1]]
    assert content.widths == []


def test_layouts_are_registered(tui: ModuleType, gdb: Gdb) -> None:
    tui.register(Content)
    assert list(gdb.windows) == ["gogdb"]
    new = [command for command in gdb.commands if command.startswith("tui new-layout")]
    assert [command.split()[2] for command in new] == ["gogdb", "gogdb-asm", "gogdb-wide"]
    window = TuiWindow()
    gdb.windows["gogdb"](window).render()
    assert window.drawn == ["0 0\n0 1\n0 2"]


def test_instructions_are_corrected_once_after_their_layout(tui: ModuleType, gdb: Gdb) -> None:
    corrected = ["layout gogdb-wide", "layout gogdb-asm"]
    window = tui.Window(TuiWindow(), Content())
    for typed, layouts in (("layout gogdb", []), ("layout gogdb-asm", corrected), ("next", [])):
        gdb.history, gdb.commands = f"    1  start\n    2  {typed}\n", []
        window.render()
        gdb.events.before_prompt.happens()
        assert [command for command in gdb.commands if command.startswith("layout")] == layouts
        gdb.events.before_prompt.happens()
        assert gdb.commands.count("layout gogdb-asm") == len(layouts) // 2


def test_layout_of_the_user_stays(tui: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    gdb = Gdb("layout gogdb\nlayout gogdb-mine\n")
    monkeypatch.setattr(tui, "gdb", gdb)
    tui.register(Content)
    new = [command for command in gdb.commands if command.startswith("tui new-layout")]
    assert [command.split()[2] for command in new] == ["gogdb-asm", "gogdb-wide"]


def test_gdb_without_tui(tui: ModuleType, gdb: Gdb, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> str:
        raise gdb.error("Undefined command")

    monkeypatch.setattr(gdb, "execute", fails)
    tui.register(Content)
    monkeypatch.delattr(Gdb, "register_window_type")
    tui.register(Content)
