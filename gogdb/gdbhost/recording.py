"""GDB's recording of the program (`record full`): where in it the program stands, and its limits.

GDB can go back in a recording, and forward again. It records a single thread: a step that another
thread has to take part in never returns, and Ctrl-C does not end it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost import process
from gogdb.gdbhost.gdb_text import execute, in_language
from gogdb.inferior.protocol import Moment

__all__ = ["check_output", "is_full", "limit", "moment", "until_second_thread"]

_POSITION = re.compile(r"^(Current|Highest recorded) instruction number is (\d+)", re.M)
# What GDB prints when it stops because it cannot record an instruction or a system call
_FAILURE = re.compile(r"^Process record(?:: | )(.*?)\.?$", re.M)
_TO_GO_ON = "`record stop` ends the recording, and then the program can go on"


def is_full() -> bool:
    """Report whether GDB records registers and memory, and not only which code has run."""
    recording = gdb.current_recording()
    return recording is not None and recording.method == "full"


def limit() -> int | None:
    """Return how many instructions a recording can have; GDB drops the first ones then.

    None if there is no limit.
    """
    number = gdb.parameter("record full insn-number-max")
    return int(number) if number else None


def moment() -> Moment | None:
    """Return where in its recording the program stands, None if GDB does not record it.

    While it replays, GDB 18 counts one more than when it records.
    """
    if not is_full():
        return None
    # Python has no positions for this kind of recording
    numbers = dict(_POSITION.findall(execute("info record")))
    newest = int(numbers.get("Highest recorded", 0))
    return Moment(int(numbers.get("Current", newest)), newest, "Current" in numbers)


def check_output(text: str) -> None:
    """Raise `GogdbError` if GDB has stopped the program because it cannot record it further."""
    if is_full() and (failure := _FAILURE.search(text)):
        raise GogdbError(f"GDB's recording {failure[1]}", _TO_GO_ON)


@contextmanager
def until_second_thread(
    moment: Moment | None, thread_start: Callable[[], int | None]
) -> Iterator[None]:
    """Stop a recorded program, which a `with` resumes, before it has more than one thread.

    `thread_start` returns the address of the function that starts its threads. Raises `GogdbError`
    where the program cannot be resumed, and if it has come to that address.
    """
    if moment is None:
        yield
        return
    count = len(gdb.selected_inferior().threads())
    if count > 1 and not moment.is_past:
        raise GogdbError(f"GDB records one thread, and the program has {count}", _TO_GO_ON)
    address = thread_start()
    _check_not_at(address)
    stop = None
    if address is not None:
        with in_language("c"):  # some languages have no 0x numbers
            stop = gdb.Breakpoint(f"*{address:#x}", internal=True)
        stop.silent = True
    try:
        yield
    finally:
        if stop is not None and stop.is_valid():
            stop.delete()
    _check_not_at(address)


def _check_not_at(address: int | None) -> None:
    """Raise `GogdbError` if the selected thread is at this address."""
    thread = process.selected_thread()
    if thread is not None and thread.is_valid() and gdb.newest_frame().pc() == address:
        raise GogdbError(
            "the program is about to start its second thread, and GDB records only one", _TO_GO_ON
        )
