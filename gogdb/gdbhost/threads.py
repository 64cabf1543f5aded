"""The threads of the selected inferior and their registers; only `select` changes what is selected.

The registers are read from the thread's innermost frame: GDB makes none for a thread that runs. Its
`maint` commands do not check that, and over gdbserver they would put the connection out of step:
GDB takes the answer to one request for that to the next. But a `gdb.Frame` knows its caller, for
which GDB reads the debug information of whole packages first, 0.1 s of a first command. So of a
process on this machine and of a core the registers are printed: by `printf`, which needs no caller
and takes 0.2 ms for a thread; or in the selected thread, where that would print those of the
selected frame, by a `maint` command, which takes 3 ms, if the thread stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost import goroutine_threads, process
from gogdb.gdbhost.gdb_text import execute
from gogdb.inferior.arch import Arch, Registers
from gogdb.inferior.memory import WORD_MASK
from gogdb.inferior.protocol import Thread

__all__ = [
    "innermost_frame",
    "read_register",
    "read_registers",
    "read_registers_of",
    "register_now",
    "select",
    "selected_thread",
    "threads",
]

_RAW = re.compile(r"^\s*(\w+)\s.*\s(0x[0-9a-f]+)\s*$", re.M)  # name … raw value


def threads() -> Sequence[Thread]:
    """Return all threads by their number, without the goroutines that go-gcore has added."""
    goroutines = goroutine_threads.names()
    every = (_thread(thread) for thread in _by_number().values())
    return [thread for thread in every if thread.lwp not in goroutines]


def selected_thread() -> Thread | None:
    """Return the thread that the user has selected, None before the program is started."""
    thread = process.selected_thread()
    return _thread(thread) if thread else None


def select(number: int) -> None:
    """Select the thread with a number, if it still exists."""
    if thread := _by_number().get(number):
        thread.switch()


def register_now(name: str) -> int:
    """Return a register of the selected frame, for the condition of a breakpoint.

    A `gdb.Frame` would take most of the condition's time: GDB looks for the frame's caller. Raises
    `gdb.error`.
    """
    return int(gdb.parse_and_eval(f"${name}")) & WORD_MASK


def read_registers(arch: Arch, thread: Thread | None) -> Registers:
    """Return a thread's own registers, by default the selected one's, whichever frame is selected.

    Raises `GogdbError`, in particular if the thread runs or has ended.
    """
    if thread is None:
        return _read(arch, process.selected_thread())
    return _read(arch, _by_number().get(thread.number))


def read_registers_of(arch: Arch, threads: Sequence[Thread]) -> dict[Thread, Registers]:
    """Return the registers of those of the threads that stand, in one go."""
    known = _by_number()
    printed = _printed(arch, [known[each.number] for each in threads if each.number in known])
    registers = {}
    for thread in threads:
        with suppress(GogdbError):
            found = printed.get(thread.number)
            registers[thread] = found or _read(arch, known.get(thread.number))
    return registers


def _by_number() -> dict[int, gdb.InferiorThread]:
    listed = [thread for thread in gdb.selected_inferior().threads() if thread.is_valid()]
    return {thread.num: thread for thread in sorted(listed, key=lambda thread: thread.num)}


def _thread(thread: gdb.InferiorThread) -> Thread:
    pid, lwp, _ = thread.ptid
    return Thread(thread.num, lwp or pid, thread.is_running())


def innermost_frame(thread: gdb.InferiorThread | None) -> gdb.Frame:
    """Select a thread and return its innermost frame. Raises `GogdbError`."""
    if thread is None:
        raise GogdbError("the thread has ended", "`info threads` lists those that there are")
    try:
        _select(thread)
        return gdb.newest_frame()
    except (gdb.error, RuntimeError) as error:  # RuntimeError: the thread has ended
        process.check(error)
        if thread.is_valid() and thread.is_running():
            every = " -a" if gdb.parameter("non-stop") else ""
            raise GogdbError(
                f"thread {thread.num} is running, and its registers are not known",
                f"`interrupt{every}` stops it",
            ) from None
        raise GogdbError(f"cannot read the registers: {error}") from None


def read_register(frame: gdb.Frame, name: str) -> int:
    """Return a register of an innermost frame. Raises `GogdbError`."""
    try:
        return int(frame.read_register(name)) & WORD_MASK
    except (gdb.error, ValueError) as error:  # for instance, the process is ending
        process.check(error)
        raise GogdbError(f"cannot read the register {name}: {error}") from None


def _read(arch: Arch, thread: gdb.InferiorThread | None) -> Registers:
    """Return a thread's registers in the cheapest way that GDB has. Raises `GogdbError`."""
    if thread is not None and not process.is_remote():
        is_selected = thread == process.selected_thread()
        found = _raw(arch, thread) if is_selected else _printed(arch, [thread]).get(thread.num)
        if found:
            return found
    with _selection_kept():
        return _registers(arch, thread)


def _raw(arch: Arch, selected: gdb.InferiorThread) -> Registers | None:
    """Return the selected thread's registers as GDB keeps them, None if it runs."""
    if selected.is_running():
        return None
    try:
        values = dict(_RAW.findall(execute("maint print raw-registers")))
        return Registers(arch, {name: int(values[name], 16) for name in arch.registers})
    except (gdb.error, KeyError):
        return None


def _printed(arch: Arch, threads: Sequence[gdb.InferiorThread]) -> dict[int, Registers]:
    """Return the registers of those of the threads that stand and are not selected, by number."""
    selected = process.selected_thread()
    numbers = " ".join(str(thread.num) for thread in threads if thread != selected)
    if not numbers or process.is_remote():
        return {}
    names = arch.registers
    form, values = " %lx" * len(names), ", ".join(f"${name}" for name in names)
    try:
        output = execute(f'thread apply {numbers} -s -q printf "%d{form}\\n", $_thread, {values}')
    except gdb.error:  # a thread has ended
        return {}
    registers = {}
    for number, *words in re.findall(r"^(\d+)" + " ([0-9a-f]+)" * len(names) + "$", output, re.M):
        read = (int(word, 16) for word in words)
        registers[int(number)] = Registers(arch, dict(zip(names, read, strict=True)))
    return registers


def _registers(arch: Arch, thread: gdb.InferiorThread | None) -> Registers:
    """Select a thread and return its registers. Raises `GogdbError`."""
    frame = innermost_frame(thread)
    return Registers(arch, {name: read_register(frame, name) for name in arch.registers})


@contextmanager
def _selection_kept() -> Iterator[None]:
    """Select the same thread and frame again in the end.

    Raises `GogdbError` if the selected thread has ended, because GDB would not select it again.
    """
    thread, frame = process.selected_thread(), _outer_frame()
    if thread is None:
        raise GogdbError("the selected thread has ended", "select another one of `info threads`")
    try:
        yield
    finally:
        if thread.is_valid():
            _select(thread)
            if frame is not None:
                with suppress(gdb.error):  # GDB does not find it again
                    frame.select()


def _select(thread: gdb.InferiorThread) -> None:
    if thread != process.selected_thread():  # otherwise its frame stays selected, too
        thread.switch()


def _outer_frame() -> gdb.Frame | None:
    """Return the frame that the user has selected, None for the innermost, which needs no care."""
    try:
        frame = gdb.selected_frame()
    except gdb.error as error:  # the thread runs, or has no frames
        process.check(error)
        return None
    return frame if frame.level() else None
