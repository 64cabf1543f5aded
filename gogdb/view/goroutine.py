"""The goroutine that go-goroutine has selected, in a line."""

from __future__ import annotations

from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.runtime.model import G
from gogdb.runtime.scheduler import Runtime
from gogdb.view.doc.document import Note, Part
from gogdb.view.g_header import header

__all__ = ["SelectedFrame", "Where", "heading", "notes", "sentence"]


class SelectedFrame(NamedTuple):
    """A frame as GDB sees it: `level` counts from the thread's innermost frame."""

    level: int
    pc: int
    function: str
    file: str
    line: int


class Where(NamedTuple):
    """Which goroutine GDB shows, and which of its frames is selected.

    `thread` is the number of the thread that runs it, None if none does. `ended` says why the stack
    cannot be followed to its end. `is_selected` is False for a goroutine that GDB shows because the
    selected thread runs it. `names_functions` is the command by which GDB learns the names of the
    program's functions if it does not know them.
    """

    runtime: Runtime
    g: G
    thread: int | None
    frame: SelectedFrame | None
    ended: str | None
    is_selected: bool
    names_functions: str


def heading(where: Where) -> str:
    """Return "g7: waiting, chan receive" and the thread, if one runs it."""
    g, thread = where.g, where.thread
    parts = [
        header(where.runtime, g),
        tr("thread {number}", number=thread) if thread is not None else "",
    ]
    about = ", ".join(filter(None, parts))
    return f"{g.label}: {about}" if about else g.label


def notes(where: Where) -> list[Part]:
    """Return notes on the frames that GDB shows: an incomplete stack, nameless functions."""
    found: list[Part] = []
    if where.ended:
        found.append(Note(where.ended, "warn"))
    if where.frame and not where.frame.function:
        text = tr("`{command}` tells GDB the names of the functions", command=where.names_functions)
        found.append(Note(text))
    return found


def sentence(where: Where, *, is_new: bool) -> str:
    """Return what GDB would say of a thread: which goroutine is selected."""
    if is_new:
        return tr("[Switching to {goroutine}]", goroutine=heading(where))
    if where.is_selected:
        return tr("[Current goroutine is {goroutine}]", goroutine=heading(where))
    return tr("[No goroutine is selected; this is {goroutine}]", goroutine=heading(where))
