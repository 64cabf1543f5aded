"""Sourced before GDB opens a program (`-ix`): Go's own script is left out without a warning.

A Go program names runtime-gdb.py of the Go that built it. With GDB's own `auto-load safe-path` GDB
does not run it, and says so in ten lines at the top of each session. So GDB looks for no Python
scripts until its first prompt; afterwards the setting is what it was. A user who has added to the
path has decided which scripts to run: nothing changes.
"""

from __future__ import annotations

import gdb


def _leave_out_until_the_prompt() -> None:
    def restore(_: None = None) -> None:
        gdb.events.before_prompt.disconnect(restore)
        gdb.execute("set auto-load python-scripts on")

    directories = str(gdb.parameter("auto-load safe-path")).split(":")
    has_added = any(not name.startswith(("$debugdir", "$datadir")) for name in directories)
    if gdb.parameter("auto-load python-scripts") and not has_added:
        gdb.execute("set auto-load python-scripts off")
        gdb.events.before_prompt.connect(restore)


_leave_out_until_the_prompt()
del _leave_out_until_the_prompt
