"""gogdb's window in GDB's TUI, and the layouts that have it; a GDB without TUI has neither.

GDB calls `render` when the window gets a size, but never for a stop, and GDB 13 not for
`tui enable` either. So at each prompt the window looks whether there is something to draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import gdb

from gogdb.gdbhost import typed_lines

TYPE_CHECKING = False  # without importing typing: this is imported when gogdb is loaded
if TYPE_CHECKING:
    from typing import Protocol

    class Content(Protocol):
        """What the window shows."""

        def state(self) -> object:
            """Return what tells, without reading the program, that the content has changed.

            Raises nothing.
            """

        def read(self) -> Callable[[int], Iterator[str]]:
            """Read the content at this stop; return what lays it out for a width. Raises nothing.

            The lines are at most that wide; a width is in cells.
            """


__all__ = ["LAYOUTS", "WINDOW", "Window", "command_lines", "is_shown", "register"]

WINDOW = "gogdb"
LAYOUTS = {
    "gogdb": "{-horizontal src 1 gogdb 1} 2 status 0 cmd 1",
    "gogdb-asm": "{-horizontal {src 1 asm 1} 1 gogdb 1} 2 status 0 cmd 1",
    "gogdb-wide": "gogdb 2 status 0 cmd 1",
}
"""Names of layouts and their windows with weights, as `tui new-layout` takes them."""

_CHANGES = ("stop", "exited", "memory_changed", "register_changed", "new_objfile", "clear_objfiles")
_NARROWEST = 24  # cells; in fewer nothing is readable


def register(make_content: Callable[[], Content]) -> None:
    """Register the window and those of the layouts that the user has not defined."""
    try:
        # types-gdb also asks for the methods `click` and `hscroll`, which GDB does not need
        gdb.register_window_type(WINDOW, lambda window: Window(window, make_content()))  # type: ignore[arg-type,return-value]
        known = gdb.execute("complete layout gogdb", to_string=True).split()
        for name, windows in LAYOUTS.items():
            if name not in known:
                gdb.execute(f"tui new-layout {name} {windows}")
    except (AttributeError, gdb.error, RuntimeError):  # this GDB is built without TUI
        pass


_windows: list[Window] = []


def is_shown() -> bool:
    """Report whether the window is on the screen."""
    return any(window.is_visible for window in _windows)


def command_lines() -> int:
    """Return how many lines the TUI's command window has, whatever GDB's height is set to."""
    import re

    lines = re.search(r"^cmd\s+(\d+)", gdb.execute("info win", to_string=True), re.M)
    return int(lines[1]) if lines else 0


def _correct_instructions() -> None:
    """Show the instructions where the program stands, if `layout gogdb-asm` has just been typed.

    If a layout with source precedes it, GDB 13 shows those of the source window's first line, which
    can be another function's (display_start_addr in gdb/tui/tui-source.c).
    """
    if typed_lines.last().split()[-2:] == ["layout", "gogdb-asm"]:
        gdb.execute("layout gogdb-wide")
        gdb.execute("layout gogdb-asm")


class Window:
    """The window, from when a layout shows it until one does not; `tui disable` only hides it."""

    def __init__(self, window: gdb.TuiWindow, content: Content) -> None:
        self._window, self._content = window, content
        self._top = 0  # number of the line in the first row
        self._was_visible = False  # at the last prompt
        self._stale = True
        self._is_laid_out = True  # as at the last prompt
        self._state: object = None  # that was read last
        self._lay_out: Callable[[int], Iterator[str]] = lambda width: iter(())
        self._lines = _Lines(iter(()))
        self._width = 0  # of `_lines`
        _windows.append(self)
        gdb.events.before_prompt.connect(self._before_prompt)
        for name in _CHANGES:
            getattr(gdb.events, name).connect(self._changed)

    @property
    def is_visible(self) -> bool:
        """Whether the TUI is enabled; while it is not, GDB raises if the window is used."""
        return self._window.is_valid()

    def close(self) -> None:
        """Let the window go; a layout that shows it again makes a new one."""
        _windows.remove(self)
        gdb.events.before_prompt.disconnect(self._before_prompt)
        for name in _CHANGES:
            getattr(gdb.events, name).disconnect(self._changed)

    def render(self) -> None:
        """Draw the window, which has a size or a new one."""
        self._is_laid_out = False
        self._draw()

    def vscroll(self, rows: int) -> None:
        """Scroll by so many rows, down if it is more than 0, as far as there are lines."""
        self._top += rows
        self._draw()

    def _changed(self, _: object = None) -> None:
        self._stale = True

    def _before_prompt(self, _: object = None) -> None:
        if self.is_visible and not self._is_laid_out:
            _correct_instructions()
            self._is_laid_out = True
        was_visible, self._was_visible = self._was_visible, self.is_visible
        if not was_visible or self._is_stale():
            self._draw()

    def _is_stale(self) -> bool:
        return self._stale or self._state != self._content.state()

    def _draw(self) -> None:
        window = self._window
        if not self.is_visible:
            return
        if self._is_stale():
            self._state, self._stale = self._content.state(), False
            self._lay_out, self._width = self._content.read(), 0
        if self._width != window.width:
            self._width = window.width
            self._lines = _Lines(self._laid_out())
        height = window.height
        self._top = max(0, min(self._top, self._lines.count(self._top + height) - height))
        rows = self._lines.some(self._top, height)
        more = self._lines.count(self._top + height + 1) > self._top + height
        self._set_title(("^" if self._top else "") + ("v" if more else ""))
        window.write("\n".join(rows), True)

    def _laid_out(self) -> Iterator[str]:
        if self._width <= _NARROWEST:
            return iter(["too narrow"[: max(self._width - 1, 0)]])
        # A line that fills a row wraps, and the end of the line would be another row
        return self._lay_out(self._width - 1)

    def _set_title(self, more: str) -> None:
        title = f"{WINDOW} {more}".rstrip()
        if self._window.title != title:  # to set it draws the border anew
            self._window.title = title


class _Lines:
    """Lines that are made when they are first needed."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._source, self._made = lines, list[str]()

    def count(self, enough: int) -> int:
        """Return how many lines there are, `enough` if there are more."""
        self._made += islice(self._source, max(0, enough - len(self._made)))
        return min(len(self._made), enough)

    def some(self, first: int, count: int) -> list[str]:
        """Return at most `count` lines from number `first` on."""
        self.count(first + count)
        return self._made[first : first + count]
