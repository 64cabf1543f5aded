"""The page of gogdb's window in GDB's TUI, read at a stop."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.stop import StopState
from gogdb.commands.session import Session, last_session, session
from gogdb.errors import GogdbError, ShownError
from gogdb.gdbhost.shown_goroutine import shown
from gogdb.gdbhost.target import alive
from gogdb.i18n import language
from gogdb.runtime import goroutines
from gogdb.runtime.m_activity import read_activities
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.view import boot as boot_view
from gogdb.view import follow as follow_view
from gogdb.view import tui as view
from gogdb.view.doc.document import Note, Part
from gogdb.view.narration import narration

__all__ = ["page", "walk_state"]

_FRAMES = 64  # unwound of each stack


def walk_state() -> object:
    """Return what tells that a walk or a round has begun, gone on or ended."""
    here = last_session()
    if here is None:
        return None
    walk, round = here.walk_here, here.round
    walked = walk and (id(walk), len(walk.records))
    followed = round and (id(round), len(round.follower.records))
    return walked, followed


def page() -> Iterator[Part]:
    """Yield the parts of the page at this stop; what cannot be read is a line on it."""
    try:
        yield from _parts()
    except ShownError as error:
        yield Note(str(error), "warn")


def _parts() -> Iterator[Part]:
    here = session()
    if not alive():
        yield from view.no_process()
        return
    program = here.stopped()
    runtime = program.read(unwinds=True)
    yield from _stage(here, program)
    m0 = program.reader.m(runtime.m0)
    yield from view.scheduler(runtime, m0, read_activities(program, runtime))
    yield from _stacks(program, runtime)
    yield from (Note(note, "warn") for note in runtime.notes)


def _stage(here: Session, program: Program) -> list[Part]:
    """Return the head of the last card of a walk or a round, nothing once that is over."""
    round = here.round
    if round and round.is_here and round.follower.records:
        step = round.follower.records[-1]
        elsewhere = _elsewhere(program, step.last) if step.step.stops else ""
        if round.follower.is_over and elsewhere:
            return []
        return view.stage(
            follow_view.heading(step, narration(language(), "follow")), step.claims, elsewhere
        )
    walk = here.walk_here
    behind = walk.behind() if walk else []
    if walk is None or not behind:
        return []
    record = behind[-1]
    # Stages that were recorded and are not behind lie ahead again
    following = walk.records[len(behind)].stage.id if len(behind) < len(walk.records) else ""
    elsewhere = _elsewhere(program, record.last, following) if record.observations else ""
    if walk.done and elsewhere and not following:
        return []
    return view.stage(boot_view.heading(record, narration(language())), record.claims, elsewhere)


def _elsewhere(program: Program, last: StopState, following: str = "") -> str:
    """Return where the selected thread is, "" at the `last` stop; `following`: see the view."""
    try:
        registers = program.target.registers()
    except GogdbError:
        return view.elsewhere(None)
    if (registers.pc, registers.sp) == (last.pc, last.sp):
        return ""
    return view.elsewhere(program.locate(registers.pc)[:2], following)


def _stacks(program: Program, runtime: Runtime) -> Iterator[Part]:
    """Yield the stack of the goroutine that GDB shows in place of the thread.

    Without one, the stack that the selected thread is on, and that of its goroutine if it is
    another: on g0 or gsignal the goroutine waits until the thread is back on its stack.
    """
    try:
        if (selected := shown()) is not None:
            yield from _stack(program, runtime, goroutines.find(program, runtime, selected.name))
            return
        registers = program.target.registers()
        g = runtime.stack_owner(registers.sp)
    except GogdbError as error:
        yield Note(str(error), "warn")
        return
    if g is None:
        yield from view.at(program.locate(registers.pc))
        g = runtime.g(program.current_g(registers))
        if g is None or g.is_system:
            return
    yield from _stack(program, runtime, g)
    m = runtime.m(g.m)
    curg = runtime.g(m.curg) if m else None
    if curg is not None and curg.address != g.address:
        yield from _stack(program, runtime, curg)


def _stack(program: Program, runtime: Runtime, g: G) -> list[Part]:
    return view.stack(runtime, g, goroutines.unwind(program, runtime, g, _FRAMES))
