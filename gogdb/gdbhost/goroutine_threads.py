"""Threads of a core that are goroutines: go-gcore has added them, with a name for each.

GDB has no names for the threads of a core. They get theirs when gogdb is loaded, or while GDB opens
the core: a front end asks for them before there is a prompt, or never has one. To gogdb itself they
are no threads: no M runs on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost import core_file, process

__all__ = ["is_selected", "names", "watch"]

_names: Mapping[int, str] = {}
_core: core_file.CoreFile | None = None


def watch() -> None:
    """Name such threads, those of a core that is open and those of any core opened later."""
    gdb.events.new_thread.connect(lambda event: _name(event.inferior_thread))
    with suppress(gdb.error):
        for thread in gdb.selected_inferior().threads():
            _name(thread)


def names() -> Mapping[int, str]:
    """Return the names of the goroutines that are threads of the selected inferior, by LWP."""
    global _core, _names
    core = core_file.current()
    if core is not _core:
        _core, _names = core, _read(core) if core else {}
    return _names


def is_selected() -> bool:
    """Report whether the selected thread is a goroutine."""
    known = names()
    thread = process.selected_thread() if known else None
    return thread is not None and thread.ptid[1] in known


def _read(core: core_file.CoreFile) -> Mapping[int, str]:
    from gogdb.inferior.core_threads import thread_names  # few sessions open a core
    from gogdb.inferior.elf import ElfFile

    try:
        file = ElfFile.open(core.path, core=True)
        try:
            return thread_names(file)
        finally:
            file.close()
    except GogdbError:  # such as a core that is cut short
        return {}


def _name(thread: gdb.InferiorThread) -> None:
    """Name a thread if it is a goroutine."""
    with suppress(gdb.error):
        if thread.inferior != gdb.selected_inferior():
            return
        name = names().get(thread.ptid[1])
        if name and thread.name is None:
            thread.name = _printable(name)


def _printable(name: str) -> str:
    """Return a name without control characters: the program, or the file, may have strange ones."""
    return "".join(character if character.isprintable() else "?" for character in name)
