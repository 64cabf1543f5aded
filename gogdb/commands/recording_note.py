"""What is looked at before each prompt while GDB records the program (`record full`).

The user is warned of what GDB cannot do, in one line each, and the walk notes where it is: once the
recording has been ended, GDB no longer says which stages lie ahead again.
"""

from __future__ import annotations

from contextlib import suppress

import gdb

from gogdb.errors import ShownError

__all__ = ["warn_of_limit", "watch"]

_BOOT = 300_000  # instructions until gogo, rounded up; 198,000 to 265,000 on Go 1.21 to 1.27

_warned: set[str] = set()  # about the recording that exists


def watch() -> None:
    """Look at the recording, if there is one, before each prompt."""
    gdb.events.before_prompt.connect(_before_prompt)


def _before_prompt(_: None = None) -> None:
    if gdb.current_recording() is None:
        _warned.clear()
        return
    _note_place()
    from gogdb.gdbhost import recording  # most sessions record nothing

    count = len(gdb.selected_inferior().threads())
    is_locked = gdb.parameter("scheduler-locking") == "on"
    if recording.is_full() and count > 1 and not is_locked:
        _warn(
            f"GDB records one thread, and the program has {count}: `stepi` may never return, and "
            "Ctrl-C not end it; `record stop` ends the recording"
        )


def _note_place() -> None:
    """Let the walk see where in the recording the program stands."""
    from gogdb.commands.session import last_session

    here = last_session()
    walk = here.walk_here if here else None
    if walk is not None:
        with suppress(gdb.error, ShownError):  # the program runs, or has ended
            walk.behind()


def warn_of_limit() -> None:
    """Warn if the recording drops its first instructions before a boot comes to gogo."""
    from gogdb.gdbhost import recording

    limit = recording.limit() if recording.is_full() else None
    if limit is not None and limit < _BOOT:
        _warn(
            f"GDB keeps the last {limit:,} instructions that it records, too few to go back from "
            "gogo to the beginning: `set record full insn-number-max unlimited`"
        )


def _warn(text: str) -> None:
    if text not in _warned:
        _warned.add(text)
        gdb.write(f"warning: {text}\n", gdb.STDERR)
