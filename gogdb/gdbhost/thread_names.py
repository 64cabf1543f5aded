"""The names that GDB shows of threads, renewed at each stop (`set gogdb thread-names on`).

They are taken away when the program goes on: GDB prints the name of the thread that has come to a
breakpoint before it reports the stop, and would print what the thread ran at the stop before.

A name that was set hides the kernel's, and GDB does not say which of the two it shows. Without a
set name it shows the kernel's; that is how a name that the user gave is recognized and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gdb

from gogdb.gdbhost import core_file, process

__all__ = ["ThreadNames"]


class ThreadNames:
    """Names the threads of the selected inferior; `read` returns the names by thread number."""

    def __init__(self, read: Callable[[], Mapping[int, str]]) -> None:
        self._read = read
        self._given: dict[int, str] = {}  # by the thread's global number
        self._is_on = False
        self._has_new = False  # threads, or a stop that no name is from
        self._commands = 0  # of gogdb that are running

    def switch(self, on: bool) -> None:
        """Name the threads from now on, or take the names away again."""
        if on == self._is_on:
            return
        self._is_on = on
        if on:
            gdb.events.stop.connect(self._on_stop)
            gdb.events.cont.connect(self._on_cont)
            gdb.events.new_thread.connect(self._on_new_thread)
            gdb.events.before_prompt.connect(self._before_prompt)
            self._renew()
        else:
            gdb.events.stop.disconnect(self._on_stop)
            gdb.events.cont.disconnect(self._on_cont)
            gdb.events.new_thread.disconnect(self._on_new_thread)
            gdb.events.before_prompt.disconnect(self._before_prompt)
            self._restore()

    def command_begins(self) -> None:
        """Wait for the end of a command of gogdb, which may run the program from stop to stop."""
        self._commands += 1

    def command_ends(self) -> None:
        """Name the threads if the command has run the program."""
        self._commands = max(0, self._commands - 1)  # names may be switched on by a command
        if self._is_on and self._has_new:
            self._renew()

    def _on_stop(self, _: gdb.StopEvent) -> None:
        self._renew()

    def _on_cont(self, _: gdb.ContinueEvent) -> None:
        self._has_new = True  # nothing else is reported when a function that GDB called returns
        if self._given:
            self._restore()

    def _on_new_thread(self, _: gdb.NewThreadEvent) -> None:
        self._has_new = True
        if core_file.current():  # opening it is no stop, and a front end has no prompt
            gdb.post_event(self._before_prompt)

    def _before_prompt(self, _: None = None) -> None:
        thread = process.selected_thread()
        if self._has_new and thread and thread.is_valid() and not thread.is_running():
            self._renew()

    def _renew(self) -> None:
        self._has_new = self._commands > 0
        if self._has_new:
            return
        names = self._read()
        for thread in gdb.selected_inferior().threads():
            if thread.is_valid():
                self._name(thread, names.get(thread.num, ""))

    def _name(self, thread: gdb.InferiorThread, name: str) -> None:
        given = self._given.pop(thread.global_num, "")
        if thread.name != given and _is_users(thread):
            return
        if name:
            _set(thread, name)
            self._given[thread.global_num] = thread.name or ""
        elif given:
            thread.name = None

    def _restore(self) -> None:
        for inferior in gdb.inferiors():
            for thread in inferior.threads():
                if thread.is_valid() and thread.name == self._given.get(thread.global_num, ""):
                    thread.name = None
        self._given.clear()


def _is_users(thread: gdb.InferiorThread) -> bool:
    """Report whether the user has named a thread, whose name is not one of ours."""
    shown = thread.name
    if shown is None:
        return False
    thread.name = None
    if thread.name == shown:
        return False
    thread.name = shown
    return True


def _set(thread: gdb.InferiorThread, name: str) -> None:
    """Set a name; characters that GDB's charset does not have are escaped."""
    try:
        thread.name = name
    except UnicodeError:
        thread.name = name.encode("ascii", "backslashreplace").decode()
