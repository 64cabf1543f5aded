"""`set gogdb frame-filter on`: `bt` leaves out wrappers and says whose frames it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gogdb.commands.per_program import PerProgram

if TYPE_CHECKING:  # takes time to import, and most sessions do without
    from collections.abc import Callable

    from gogdb.gdbhost.go_frame_filter import GoFrameFilter
    from gogdb.runtime.model import G
    from gogdb.runtime.program import Program

__all__ = ["switch"]


def _make(program: Program) -> GoFrameFilter:
    from functools import partial

    from gogdb.gdbhost.go_frame_filter import GoFrameFilter
    from gogdb.runtime.traceback_form import TracebackForm, mark

    find = _goroutine_finder(program)

    def marks() -> Callable[[int], str] | None:
        goroutine = find()
        return partial(mark, goroutine) if goroutine and not goroutine.unreadable else None

    return GoFrameFilter(TracebackForm(program.symtab), program.arch.sp, marks)


def _goroutine_finder(program: Program) -> Callable[[], G | None]:
    """Return a function that finds the goroutine that GDB shows, or else the selected thread's."""
    import gdb

    from gogdb.gdbhost.shown_goroutine import shown
    from gogdb.gdbhost.threads import read_register
    from gogdb.runtime.curg import CurgFinder

    threads = CurgFinder(program)

    def find() -> G | None:
        if (selected := shown()) is None:
            pointer = read_register(gdb.newest_frame(), program.arch.thread_pointer)
            return threads.curg(threads.m(pointer))
        return program.reader.g(selected.address) if selected.goid else None

    return find


switch = PerProgram(_make).switch
