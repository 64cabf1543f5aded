"""A line at the first prompt of an attached process, a core file, or the launcher's program."""

from __future__ import annotations

import sys

import gdb

from gogdb.gdbhost import parameters
from gogdb.i18n import tr, use_language

__all__ = ["note_program", "watch"]

_pids: dict[int, int] = {}  # of each inferior, by its number, at the last prompt


def watch() -> None:
    """Look at each prompt, to which only a person comes, whether there is a new process."""
    gdb.events.before_prompt.connect(_before_prompt)


def _before_prompt(_: None = None) -> None:
    inferior = gdb.selected_inferior()
    if _pids.get(inferior.num, 0) == inferior.pid:
        return
    from gogdb.gdbhost import process  # at most prompts there is no new process

    thread = process.selected_thread()
    if inferior.pid and thread is not None and thread.is_valid() and thread.is_running():
        return  # perhaps at the next prompt
    _pids[inferior.num] = inferior.pid
    if inferior.pid and _is_at_a_terminal():
        _greet(inferior)


def note_program() -> None:
    """Say how to begin with a program that does not run yet."""
    if gdb.selected_inferior().pid or not _is_at_a_terminal() or not _has_go():
        return
    with use_language(parameters.language()):
        line = tr("try `go-boot step`, which walks through the boot; `run` just runs the program")
    gdb.write(f"{line}\n")


def _is_at_a_terminal() -> bool:
    return sys.__stdin__ is not None and sys.__stdin__.isatty()


def _greet(inferior: gdb.Inferior) -> None:
    from gogdb.gdbhost import process

    is_core = process.connection(inferior) == "core"
    if not (is_core or inferior.was_attached) or not _has_go():
        return
    with use_language(parameters.language()):
        if is_core:
            line = tr("this is a core file, nothing runs: try `go-stacks --group`")
        else:
            line = tr(
                "process {pid} is stopped: try `go-stacks --group`; `detach` lets it go on",
                pid=inferior.pid,
            )
    gdb.write(f"{line}\n")


def _has_go() -> bool:
    from gogdb.gdbhost.program_file import has_go

    try:
        return has_go()
    except gdb.error:  # GDB has lost the process
        return False
