"""What gogdb's window in GDB's TUI shows at a stop. It is read when the window is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import gdb

from gogdb.gdbhost import parameters, tui
from gogdb.i18n import use_language

TYPE_CHECKING = False  # without importing typing: this is imported when gogdb is loaded
if TYPE_CHECKING:
    from gogdb.view.doc.document import Part

__all__ = ["Content", "register"]


def register() -> None:
    """Make the window and its layouts known to GDB, which is cheap."""
    tui.register(Content)


class Content:
    """The stage of a walk that is under way, M ─ P ─ G, and the stacks in use."""

    def state(self) -> object:
        """Return what decides, beside the program's memory and registers, what is shown."""
        try:
            return _state()
        except (KeyboardInterrupt, Exception) as error:
            return _failure(error)

    def read(self) -> Callable[[int], Iterator[str]]:
        """Read the program; whatever fails, also later, is a line in the window."""
        try:
            from gogdb.commands.tui_page import page

            _state()  # whose failure is shown, too
            language = _language()
            with use_language(language):
                lay_out = _layout(list(page()))
        except (KeyboardInterrupt, Exception) as error:
            text = _failure(error)
            return lambda width: _plain(text, width)
        return lambda width: _guarded(lay_out(width), width, language)


def _state() -> object:
    from gogdb.commands.tui_page import walk_state
    from gogdb.gdbhost import process
    from gogdb.gdbhost.shown_goroutine import shown

    inferior, thread = gdb.selected_inferior(), process.selected_thread()
    where = (thread.num, thread.is_running()) if thread and thread.is_valid() else None
    settings = _language(), parameters.color(), parameters.window_ascii()
    return inferior.num, inferior.pid, where, shown(), settings, walk_state()


def _failure(error: BaseException) -> str:
    """Return what the window shows; GDB would print it in the command window at each prompt."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted: Ctrl-L draws the screen, the next stop the window"
    if isinstance(error, gdb.error | SystemError):  # it has lost the process
        return f"GDB could not go on: {' '.join(str(error).split())}"
    return f"{type(error).__name__}: {error}"


def _guarded(lines: Iterator[str], width: int, language: str) -> Iterator[str]:
    """Yield lines, made in this language, up to one that cannot be made: then what failed."""
    while True:
        try:
            with use_language(language):
                line = next(lines, None)
        except (KeyboardInterrupt, Exception) as error:
            yield from _plain(_failure(error), width)
            return
        if line is None:
            return
        yield line


def _language() -> str:
    """Return the language of the window, which can show no other characters than ASCII in some."""
    return parameters.language() if parameters.locale_is_utf8() else "en"


def _layout(parts: Sequence[Part]) -> Callable[[int], Iterator[str]]:
    from gogdb.dependencies import require

    require()
    from gogdb.render.ansi import render
    from gogdb.view.doc.document import Doc

    color, ascii = parameters.color(), parameters.window_ascii()
    is_utf8 = parameters.locale_is_utf8()

    def lines(width: int) -> Iterator[str]:
        for part in parts:  # each alone, as there is no room for blank lines between them
            for line in render(Doc([part]), width=width, color=color, ascii=ascii):
                yield line if is_utf8 else line.encode("ascii", "replace").decode()

    return lines


def _plain(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text, also if the packages that render documents are missing."""
    import textwrap

    from gogdb.render.clean import escape

    yield from textwrap.wrap(escape(text), width)
