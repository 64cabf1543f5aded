"""The end of a GDB that nobody sits at: `gogdb demo` and `gogdb report`."""

from __future__ import annotations

from contextlib import closing

import gdb

from gogdb.boot.stages import STAGES
from gogdb.commands import report, start
from gogdb.commands.session import session
from gogdb.errors import GogdbError
from gogdb.gdbhost.target import alive
from gogdb.render.clean import escape

__all__ = ["quit_with_status", "report_and_quit"]


def report_and_quit(path: str) -> None:
    """Walk the boot unseen, write what was recorded, and end GDB as `quit_with_status` does."""
    written = False
    try:
        report.check(path)
        current = session()
        walk = start.anew(current)
        try:
            with closing(walk.run(STAGES[-1])) as stages:
                for _ in stages:
                    pass
        finally:  # what was seen is never lost
            if walk.records:
                report.write(walk, current.path, path)
                written = True
                gdb.write(f"{len(walk.records)} stages written to {path}\n")
    except GogdbError as error:
        gdb.write(f"gogdb: {escape(str(error))}\n", gdb.STDERR)
    _quit(written and _held())


def quit_with_status() -> None:
    """End GDB: 0 after a whole walk all of whose claims held, otherwise 1."""
    _quit(_held())


def _held() -> bool:
    try:
        walk = session().walk
    except GogdbError:
        return False
    whole = walk is not None and len(walk.records) == len(STAGES)
    return whole and walk is not None and all(record.holds for record in walk.records)


def _quit(good: bool) -> None:
    if alive():
        gdb.execute("kill", to_string=True)
    gdb.execute(f"quit {0 if good else 1}")
