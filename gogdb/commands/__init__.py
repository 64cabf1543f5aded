"""The commands, one file each, and what they share. Importing the package does not import gdb."""

from __future__ import annotations

from collections.abc import Sequence

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from gogdb.render.cast import Version

__all__ = [
    "note_program",
    "print_findings",
    "quit_with_walk_status",
    "register",
    "report_and_quit",
    "write_core",
]

_registered = False


def register() -> bool:
    """Register gogdb's commands, functions and settings in this GDB, and return True.

    Return False if that has been done before.
    """
    global _registered
    if _registered:
        return False
    from gogdb.commands import (
        attach_note,
        frame_filter,
        recording_note,
        registry,
        stitch,
        thread_names,
        tui,
    )
    from gogdb.gdbhost import goroutine_threads, parameters

    parameters.register()
    registry.register()
    goroutine_threads.watch()
    attach_note.watch()
    recording_note.watch()
    parameters.on_change("stitch", stitch.switch)
    parameters.on_change("frame-filter", frame_filter.switch)
    parameters.on_change("thread-names", thread_names.switch)
    tui.register()
    _registered = True
    return True


def note_program() -> None:
    """Say how to begin with a program that does not run yet."""
    from gogdb.commands import attach_note

    attach_note.note_program()


def quit_with_walk_status() -> None:
    """End GDB with status 0 after a whole walk on which every claim held, otherwise with 1."""
    from gogdb.commands import batch_exit

    batch_exit.quit_with_walk_status()


def report_and_quit(
    path: str, env: bool = False, cast_version: Version = 2, longest_pause: float | None = None
) -> None:
    """Walk the whole boot without showing it, write a report to `path`, and end GDB.

    `env` keeps the values of the environment variables. `cast_version` is that of an asciicast,
    whose pauses are at most `longest_pause` seconds.
    """
    from gogdb.commands import batch_exit

    batch_exit.report_and_quit(path, env, cast_version, longest_pause)


def print_findings(program: str | None, has_memory: bool) -> None:
    """Print a line of JSON for each finding about the program that GDB has; `program` is its path.

    `program` is None if GDB was not given one. With `has_memory` GDB was given a process or a core
    file.
    """
    from gogdb.commands import examine

    examine.print_findings(program, has_memory)


def write_core(words: Sequence[str]) -> None:
    """Run go-gcore on the core file that GDB has; `words` are its arguments.

    Print what it prints, or its error, as a line of JSON; nothing without a core file.
    """
    from gogdb.commands import examine

    examine.write_core(words)
