"""Breakpoints of the user's that a command sets by GDB's own `break`."""

from __future__ import annotations

from collections.abc import Sequence

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.gdb_text import execute
from gogdb.inferior.breakpoint import BreakPlace, Breakpoint

__all__ = ["addresses_of", "completions", "set_breakpoint"]

_BREAK = "break "


def set_breakpoint(
    location: str, condition: str, *, temporary: bool = False, captured: bool = False
) -> tuple[Breakpoint | None, str]:
    """Set a breakpoint; return it, and what GDB has printed if that is `captured`.

    The breakpoint is None if GDB asks whether to make it pending and the user declines; if
    `captured`, GDB does not ask. Raises `gdb.GdbError` with GDB's own message.
    """
    before = {each.number for each in gdb.breakpoints() or ()}
    command = f"{'tbreak' if temporary else 'break'} {location} if {condition}"
    text = ""
    try:
        if not captured:
            gdb.execute(command, True)
        elif gdb.parameter("breakpoint pending") is None:  # it would ask
            text = execute(f"with breakpoint pending off -- {command}")
        else:
            text = execute(command)
    except gdb.error as error:
        raise gdb.GdbError(str(error)) from None
    new = [each for each in gdb.breakpoints() or () if each.number not in before]
    return _breakpoint(new[0], condition) if new else None, text


def _breakpoint(new: gdb.Breakpoint, condition: str) -> Breakpoint:
    places = [] if new.pending else [_place(each) for each in new.locations]
    return Breakpoint(
        new.number,
        new.location or "",
        bool(new.temporary),
        bool(new.pending),
        condition,  # GDB 13 has none for a pending breakpoint
        places,
    )


def _place(location: gdb.BreakpointLocation) -> BreakPlace:
    file, line = location.source or ("", 0)
    return BreakPlace(int(location.address), location.function or "", file, line)


def addresses_of(location: str) -> Sequence[int]:
    """Return where a breakpoint at a location would stop.

    Raises `GogdbError`, and `gdb.GdbError` with GDB's own message.
    """
    if not location.startswith("-"):  # which decode_line does not know
        try:
            gdb.decode_line(location)
        except gdb.error as error:  # gdb.Breakpoint would print it, and be pending
            raise gdb.GdbError(str(error)) from None
    try:
        probe = gdb.Breakpoint(location, internal=True)
    except gdb.error as error:
        raise gdb.GdbError(str(error)) from None
    try:
        found = [] if probe.pending else [int(place.address) for place in probe.locations]
    finally:
        probe.delete()
    if not found:
        raise GogdbError(f"GDB knows no code at {location}", "`info line` says what it knows")
    return list(dict.fromkeys(found))


def completions(text: str) -> Sequence[str]:
    """Return the locations that `break` completes a text to; at most as many as GDB lists."""
    listed = execute(f"complete {_BREAK}{text}").splitlines()
    return [line.removeprefix(_BREAK) for line in listed if line.startswith(_BREAK)]
