"""Begin or continue a boot walk, in the process that exists or in a new one."""

from __future__ import annotations

import sys

import gdb

from gogdb.boot.walk import Walk
from gogdb.commands import recording_note
from gogdb.commands.gone_on import check_something_is_ahead
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.gdbhost import process
from gogdb.gdbhost.target import alive

__all__ = ["from_the_beginning", "under_way"]


def from_the_beginning(session: Session) -> Walk:
    """Return a walk at the program's entry point.

    A process that has not run any Go code yet is kept; otherwise the program is started anew, after
    the user agreed. Raises `GogdbError` when it cannot be started from here.
    """
    session.check_can_walk()  # before the user is asked anything
    session.check_standing()
    _warn_of_limit(session)
    walk = session.new_walk()
    if alive() and _not_begun(session):
        walk.adopt()
        return session.keep(walk)
    if alive():
        if _is_remote():
            raise GogdbError(
                "the program is past its beginning, and a remote one cannot be started from here",
                "start the server anew; `go-boot step` goes on with this one",
            )
        _ask_to_restart()
    walk.start()
    return session.keep(walk)


def under_way(session: Session) -> Walk:
    """Return the walk of the current process, or begin one.

    After GDB has gone back in its recording, the walk goes on from there. A process that is
    still in its boot is kept; otherwise the program is started anew, after the user agreed. Raises
    `GogdbError` when it cannot be started from here.
    """
    session.check_can_walk()
    session.check_standing()
    walk = session.walk_here
    if walk is None or walk.done:
        _check_no_round(session)
    _warn_of_limit(session)
    if walk is not None:
        walk.go_back()
        check_something_is_ahead(walk)
        return walk
    walk = session.new_walk()
    if alive():
        try:
            walk.adopt()
            return session.keep(walk)
        except GogdbError:
            if _is_remote():
                raise
            _ask_to_restart()
    walk.start()
    return session.keep(walk)


def _check_no_round(session: Session) -> None:
    """Raise `GogdbError` while a goroutine is followed: that goes on, and no boot does."""
    round = session.round
    if round is None or not round.goes_on(None, None):
        return
    follower = round.follower
    last = follower.records[-1] if follower.records else None
    where = f"at step {last.number}, {last.step.id}" if last else "before its first step"
    raise GogdbError(
        f"{follower.g.label} is being followed, and is {where}",
        "`go-boot follow` goes on with it, `go-boot stop` ends that",
    )


def _not_begun(session: Session) -> bool:
    """Report whether no Go code has run yet and no walk has seen anything of the process."""
    if session.walk_here is not None and session.walk_here.records:
        return False
    return session.program().runtime_untouched()


def _warn_of_limit(session: Session) -> None:
    """Warn if a recording that begins with the program will lose its beginning."""
    if alive() and session.program().runtime_untouched():
        recording_note.warn_of_limit()


def _is_remote() -> bool:
    return process.connection(gdb.selected_inferior()) == "remote"  # not extended-remote


def _ask_to_restart() -> None:
    """Ask as GDB's `run` does, and like it do not ask when nobody is there to answer.

    A process that GDB attached to is never killed: it belongs to somebody else.
    """
    if gdb.selected_inferior().was_attached:
        raise GogdbError(
            "this process was attached to, and its boot is over",
            "`detach`, then `go-boot` starts the program anew",
        )
    if gdb.parameter("confirm") and sys.__stdin__ is not None and sys.__stdin__.isatty():
        gdb.write("The program being debugged has been started already.\n")
        try:
            answer = input("Start it from the beginning? (y or n) ")
        except EOFError:
            answer = "y"
        if not answer.strip().lower().startswith("y"):
            raise GogdbError("program not restarted")
