"""The ids by which a program knows its own threads, which can differ from the debugger's.

A process in a container has a pid namespace of its own (pid_namespaces(7)).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import gdb

from gogdb.gdbhost import process
from gogdb.gdbhost.gdb_text import execute
from gogdb.inferior.protocol import Thread

__all__ = ["ids_in_program"]

_NSPID = re.compile(r"^NSpid:\s*(.+)$", re.M)  # since Linux 4.1


def ids_in_program(threads: Sequence[Thread]) -> Mapping[int, int]:
    """Return the threads' ids in the innermost pid namespace of the process, by LWP.

    Empty if the OS cannot be asked.
    """
    native, pid = process.is_native(), gdb.selected_inferior().pid
    ids = _ids(_read(f"/proc/{pid}/status") if native else _remote_status())
    if len(ids) == 1:  # the debugger is in the same namespace
        return {thread.lwp: thread.lwp for thread in threads}
    if not ids or not native:
        return {}
    read = {t.lwp: _ids(_read(f"/proc/{pid}/task/{t.lwp}/status")) for t in threads}
    return {lwp: ids[-1] for lwp, ids in read.items() if ids}


def _ids(status: str) -> list[int]:
    """Return the ids in each namespace, the debugger's first, from a status file of /proc."""
    ids = _NSPID.search(status)
    return [int(each) for each in ids[1].split()] if ids else []


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _remote_status() -> str:
    """Return the process's status file, which GDB reads on the machine that the program is on."""
    try:
        return execute("info proc status")
    except gdb.error as error:
        process.check(error)
        return ""
