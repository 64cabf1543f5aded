"""Let GDB show a goroutine, for go-goroutine and go-apply."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import gdb

from gogdb.commands.selection import current
from gogdb.commands.session import session
from gogdb.errors import GogdbError
from gogdb.gdbhost import gdb_text, goroutine_view, threads
from gogdb.gdbhost.generation import generation
from gogdb.gdbhost.shown_goroutine import Shown, shown
from gogdb.inferior.protocol import Thread
from gogdb.runtime import goroutines
from gogdb.runtime.goroutine_context import Context, callers, context
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.view.goroutine import SelectedFrame, Where

__all__ = [
    "Here",
    "find",
    "find_range",
    "here",
    "position",
    "run_in",
    "select_thread",
    "selected",
    "show",
]

_MAX_FRAMES = 10_000  # of a goroutine that are known when it is selected


class Here(NamedTuple):
    """A program at the stop at which it was read."""

    program: Program
    runtime: Runtime
    stop: tuple[int, int]  # the inferior's number, and how often the program may have changed


_last: Here | None = None


def here() -> Here:
    """Return the program and its scheduler, read once at a stop. Raises `GogdbError`."""
    global _last
    if _last is None or _last.stop != _stop() or _last.runtime.threads.running:
        program = session().stopped()
        _last = Here(program, program.read(unwinds=True), _stop())
    return _last


def _stop() -> tuple[int, int]:
    return gdb.selected_inferior().num, generation()


def find(name: str) -> G:
    """Return the g with a name. Raises `GogdbError` if there is none."""
    program, runtime, _ = here()
    return goroutines.find(program, runtime, name)


def find_range(first: int, last: int) -> list[G]:
    """Return the goroutines with goids in a range, in the order of their goids; no dead ones."""
    found = [g for batch in here().runtime.gs.batches() for g in batch if first <= g.goid <= last]
    return sorted((g for g in found if not g.is_dead), key=lambda g: g.goid)


def show(g: G) -> Where:
    """Let GDB show a goroutine, and select its innermost frame outside the runtime.

    Raises `GogdbError` if it has no frames, or no stopped thread is selected.
    """
    program, runtime, _ = here()
    found = context(program, runtime, g, _MAX_FRAMES)
    thread = found.thread or program.target.selected_thread()
    if thread is None or thread.running:
        raise GogdbError(
            "a goroutine is shown in place of a thread that is stopped",
            "select one of `info threads`",
        )
    registers = runtime.threads.registers(thread)
    is_elsewhere = not found.is_at(registers)
    knows_frames = goroutine_view.has_debug_info(found.frames[0].pc)
    innermost = registers if is_elsewhere else None
    known = callers(program, found, innermost, of_all=not knows_frames)
    goroutine = Shown(
        g.address, g.goid, g.name, g.label, thread.number, is_elsewhere, found.thread is not None
    )
    goroutine_view.show(program.arch, goroutine, known)
    _select_user_frame(found)
    return _where(g, found.thread, found.ended)


def _select_user_frame(found: Context) -> None:
    chosen = goroutines.frame_outside_runtime(found.frames)
    if chosen is not None:
        same = [each for each in found.frames if (each.pc, each.sp) == (chosen.pc, chosen.sp)]
        goroutine_view.select_frame(chosen.pc, same.index(chosen))


def run_in(
    g: G, command: str, *, captured: bool, before: Callable[[Where], object] = bool
) -> tuple[Where, str]:
    """Run a command of GDB's in a goroutine; `before` is called once the goroutine is selected.

    Return where it was run, and what it printed if that is `captured`. Raises `GogdbError`, and
    `gdb.GdbError` if the command fails.
    """
    there = show(g)
    before(there)
    try:
        if captured:
            return there, gdb_text.execute(command)
        gdb_text.show(command)
    except gdb.error as error:
        raise gdb.GdbError(str(error)) from None
    return there, ""


def selected() -> Where:
    """Return the goroutine that is selected, or else the one that the selected thread is on.

    Raises `GogdbError` if it is on none.
    """
    program, runtime, _ = here()
    g = current(program, runtime)
    return _where(g, goroutines.thread_at(runtime, g), None, is_selected=shown() is not None)


def position(g: G) -> Where:
    """Return where a goroutine is, without selecting it or a frame. Raises `GogdbError`."""
    thread = goroutines.thread_at(here().runtime, g)
    return _where(g, thread, None, is_selected=False)._replace(frame=None)


def select_thread(g: G) -> Where:
    """Select the thread that runs a goroutine, and show its own frames.

    Raises `GogdbError` if none does.
    """
    thread = goroutines.thread_at(here().runtime, g)
    if thread is None:
        raise GogdbError(f"no thread runs {g.label}")
    goroutine_view.leave()
    threads.select(thread.number)
    return _where(g, thread, None, is_selected=False)


def _where(g: G, thread: Thread | None, ended: str | None, *, is_selected: bool = True) -> Where:
    number = thread.number if thread else None
    file = session().file
    names = f"file {file.elf.path}" if file.objfile is None else "go-symbols"
    return Where(here().runtime, g, number, _selected_frame(), ended, is_selected, names)


def _selected_frame() -> SelectedFrame | None:
    """Return the frame that GDB has selected, None if it has none."""
    with suppress(gdb.error):
        frame = gdb.selected_frame()
        place = frame.find_sal()
        file = place.symtab.filename if place.symtab else ""
        return SelectedFrame(frame.level(), frame.pc(), frame.name() or "", file, place.line)
    return None
