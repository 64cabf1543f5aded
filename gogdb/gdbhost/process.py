"""The process that a command reads, and whether it is still there.

When a remote connection closes, GDB goes on without a process and reads static data from the
program's file instead: a scheduler of zeros. When a process was killed under GDB, each read fails
as if its address were bad. Both are distinguished from bad addresses here.
"""

from __future__ import annotations

import gdb

from gogdb.errors import TargetLostError

__all__ = [
    "begin",
    "check",
    "connection",
    "disconnected",
    "is_native",
    "is_remote",
    "is_same",
    "probe_at",
    "selected_thread",
    "stands",
]

_pid = 0
_probe = 0
_why_lost = ""


def begin() -> None:
    """Note the selected inferior's process, which everything must be read from now on."""
    global _pid, _probe, _why_lost
    _pid = gdb.selected_inferior().pid
    _probe, _why_lost = 0, ""


def probe_at(address: int) -> None:
    """Give an address in the program's code, which is readable as long as the process exists.

    Raises `TargetLostError` if it is not.
    """
    global _probe
    _probe = address
    check("GDB has no process any more")


def is_same(inferior: gdb.Inferior) -> bool:
    """Report whether GDB still has the process that `begin` noted, or the core file."""
    return inferior.pid == _pid


def check(error: object) -> None:
    """Find out why GDB could not do what it was asked, which ended in `error`.

    Raises `TargetLostError` if the process has gone or can no longer be reached.
    """
    inferior = gdb.selected_inferior()
    if not _pid:
        return
    if not is_same(inferior):
        raise disconnected(error)
    if not _probe or connection(inferior) == "core":
        return
    try:
        _read_byte(inferior.architecture(), _probe)
    except gdb.error as failure:
        if not is_same(inferior):
            raise disconnected(failure) from None
        thread = selected_thread()
        if thread is not None and thread.is_running():
            raise TargetLostError(
                "the program is running, and GDB cannot read it meanwhile", "`interrupt` stops it"
            ) from None
        raise TargetLostError(
            f"process {_pid} can no longer be read",
            "it has ended, or its server does not answer: `detach` lets it go",
        ) from None


def _read_byte(architecture: gdb.Architecture, address: int) -> None:
    """Read a byte of memory, not with `read_memory`.

    When that meets the end of a remote connection in GDB 18, it leaves the id of a thread that no
    longer exists, and GDB aborts when the command fails.
    """
    pointer = architecture.integer_type(8).pointer()
    gdb.Value(address).cast(pointer).dereference().fetch_lazy()


def selected_thread() -> gdb.InferiorThread | None:
    """Return the selected thread, None if there is none, or if it has ended."""
    try:
        return gdb.selected_thread()
    except SystemError:  # GDB keeps a thread selected that has ended, and has no object for it
        return None


def stands() -> bool:
    """Report whether the selected thread stands; if it has ended, others may run."""
    thread = selected_thread()
    return thread is not None and not thread.is_running()


def connection(inferior: gdb.Inferior) -> str:
    """Return "native", "core", "remote" and so on; "" if there is none."""
    target = getattr(inferior, "connection", None)
    return target.type if target else ""


def is_native() -> bool:
    """Report whether the inferior is a process on this machine that GDB itself controls."""
    return connection(gdb.selected_inferior()) == "native"


def is_remote() -> bool:
    """Report whether the inferior is behind gdbserver or the like."""
    return "remote" in connection(gdb.selected_inferior())


def disconnected(error: object) -> TargetLostError:
    """Return the error for a connection that ended with GDB's `error`.

    Within one command the first such error counts: all others follow from it. An address that
    cannot be read follows from one that GDB has caught itself, and is no reason.
    """
    global _why_lost
    if not isinstance(error, gdb.MemoryError):
        _why_lost = _why_lost or str(error).rstrip(".")
    why = f" ({_why_lost})" if _why_lost else ""
    return TargetLostError(
        f"the connection to the program is lost{why}", "`target remote` connects again"
    )
