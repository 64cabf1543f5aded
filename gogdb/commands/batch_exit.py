"""How `gogdb demo`, `report` and `record`, which run GDB without a user, end it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import gdb

from gogdb.boot.stages import STAGES
from gogdb.commands import report, walk_start
from gogdb.commands.session import session
from gogdb.errors import GogdbError, ShownError
from gogdb.gdbhost.target import alive
from gogdb.i18n import counted
from gogdb.render.clean import escape
from gogdb.view.narration import narration

if TYPE_CHECKING:
    from gogdb.render.cast import Version

__all__ = ["quit_with_walk_status", "report_and_quit"]


def report_and_quit(
    path: str, env: bool, cast_version: Version = 2, longest_pause: float | None = None
) -> None:
    """Walk the whole boot without showing it, write a report, and end GDB.

    `env` keeps the values of the environment variables. `cast_version` is that of an asciicast,
    whose pauses are at most `longest_pause` seconds.

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
        except ShownError as error:
            # The hint of a walk that is over is for the user of a prompt
            hint = "if it needs arguments, they follow --" if walk.over else error.hint
            _complain(GogdbError(error.message, hint))
        if walk.records:  # also when the walk has ended early
            report.write(walk, current.path, path, env, cast_version, longest_pause)
            written = True
            count = len(walk.records)
            gdb.write(f"{count} {counted(count):stage|stages} written to {path}\n")
    except ShownError as error:
        _complain(error)
    _quit(_walk_is_good() and written)


def quit_with_walk_status() -> None:
    """End GDB with status 0 after a whole walk on which every claim held, otherwise with 1."""
    _quit(_walk_is_good())


def _walk_is_good() -> bool:
    """Report whether the walk is whole and every claim held; say which one did not."""
    try:
        walk = session().walk
    except ShownError:
        return False
    if walk is None:
        return False
    for record in walk.records:
        for claim in record.claims:
            if not claim.holds:
                text = narration("en").claim(record.stage.id, claim)
                where = f"stage {record.stage.number}, {record.stage.id}"
                _complain(GogdbError(f"{where}: this claim does not hold", text))
    return len(walk.records) == len(STAGES) and all(record.holds for record in walk.records)


def _complain(error: ShownError) -> None:
    gdb.write(f"gogdb: {escape(str(error))}\n", gdb.STDERR)


def _quit(success: bool) -> None:
    if alive():
        gdb.execute("kill", to_string=True)
    gdb.execute(f"quit {0 if success else 1}")
