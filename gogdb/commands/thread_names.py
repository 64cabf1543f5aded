"""The setting `gogdb thread-names`: threads named by what they run, as of each stop."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from gogdb.gdbhost.thread_names import ThreadNames

__all__ = ["command_begins", "command_ends", "switch"]

_FRAMES = 64  # unwound of each goroutine that is on a thread
_MOST = 256  # goroutines that are unwound

_names: ThreadNames | None = None


def switch(on: bool) -> None:
    """Name the threads from now on, or take the names away again."""
    global _names
    if _names is None:
        if not on:
            return
        from gogdb.gdbhost.thread_names import ThreadNames

        _names = ThreadNames(_read)
    _names.switch(on)


def command_begins() -> None:
    """Wait with new names for the end of a command of gogdb."""
    if _names:
        _names.command_begins()


def command_ends() -> None:
    """Name the threads if the command has run the program."""
    if _names:
        _names.command_ends()


def _read() -> Mapping[int, str]:
    """Return the names by the number of the thread, none if the program cannot be read."""
    import gdb

    from gogdb.errors import ShownError

    try:
        return _names_now()
    except (ShownError, gdb.error, SystemError, KeyboardInterrupt):
        return {}


def _names_now() -> Mapping[int, str]:
    from gogdb.commands.session import session
    from gogdb.render.clean import escape
    from gogdb.runtime.batch import Batch
    from gogdb.runtime.m_activity import read_activities
    from gogdb.runtime.place import place_of
    from gogdb.runtime.trace_cache import BatchUnwinder
    from gogdb.view.thread_names import thread_names

    program = session().stopped()
    runtime = program.read()
    found = (runtime.g(m.curg) for m in runtime.ms if m.curg)
    gs = [g for g in found if g and not g.unreadable][:_MOST]
    traces = BatchUnwinder(program, runtime, _FRAMES).unwind(Batch.from_gs(gs))
    places = ((trace.g.address, place_of(trace.shape)) for trace in traces)
    functions = {address: place.function for address, place in places if place}
    names = thread_names(runtime, functions, read_activities(program, runtime))
    return {number: escape(name) for number, name in names.items()}
