"""How `gogdb demo` and `gogdb report`, which run GDB without a user, end it."""

from __future__ import annotations

from contextlib import closing

import gdb

from gogdb.boot.stages import STAGES
from gogdb.commands import report, walk_start
from gogdb.commands.session import session
from gogdb.errors import ShownError
from gogdb.gdbhost.target import alive
from gogdb.render.clean import escape

__all__ = ["quit_with_walk_status", "report_and_quit"]


def report_and_quit(path: str) -> None:
    """Walk the whole boot without showing it, write a report, and end GDB.

    The exit status is 0 if the report was written and every claim of a whole walk held.
    """
    written = False
    try:
        report.check(path)
        current = session()
        walk = walk_start.from_the_beginning(current)
        try:
            with closing(walk.run(STAGES[-1])) as stages:
                for _ in stages:
                    pass
        finally:  # also when the walk ends early
            if walk.records:
                report.write(walk, current.path, path)
                written = True
                gdb.write(f"{len(walk.records)} stages written to {path}\n")
    except ShownError as error:
        gdb.write(f"gogdb: {escape(str(error))}\n", gdb.STDERR)
    _quit(written and _walk_is_good())


def quit_with_walk_status() -> None:
    """End GDB with status 0 after a whole walk on which every claim held, otherwise with 1."""
    _quit(_walk_is_good())


def _walk_is_good() -> bool:
    try:
        walk = session().walk
    except ShownError:
        return False
    if walk is None or len(walk.records) < len(STAGES):
        return False
    return all(record.holds for record in walk.records)


def _quit(success: bool) -> None:
    if alive():
        gdb.execute("kill", to_string=True)
    gdb.execute(f"quit {0 if success else 1}")
