"""`Debugger` over GDB: run control by internal, silent breakpoints that are removed afterwards.

The user's own breakpoints are disabled while the program runs for gogdb, because their `commands`
could contain `continue`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

import gdb

from gogdb.errors import GogdbError, ShownError
from gogdb.gdbhost import process, recording
from gogdb.gdbhost.ctrl_c import deferred
from gogdb.gdbhost.gdb_text import execute, in_language
from gogdb.gdbhost.image import Image
from gogdb.gdbhost.lost_threads import has_ended, reap_lost_threads
from gogdb.gdbhost.objfiles import main_path, plain_path
from gogdb.gdbhost.target import alive, entry_point
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.protocol import Moment, Resumed, Stop
from gogdb.signals import CTRL_C, blocked

__all__ = ["GdbDebugger"]


class _QuietStop(gdb.Breakpoint):
    """An internal breakpoint that prints nothing; it stops where `condition` is None or true.

    `has_stopped` tells whether the condition has let it stop. GDB also stops there if Ctrl-C is
    typed while Python runs, and becomes an exception in `stop` or before its first statement.
    """

    def __init__(self, spec: str, condition: Callable[[], bool] | None = None) -> None:
        super().__init__(spec, internal=True)
        self.silent = True
        self._condition = condition
        self.has_stopped = False

    def stop(self) -> bool:
        try:
            stops = self._condition is None or self._condition()
        except (gdb.error, ShownError):  # the program ends while the thread arrives
            return False
        except KeyboardInterrupt:
            return True
        self.has_stopped |= stops
        return stops


class GdbDebugger:
    """Run control by GDB's own `run` and `continue`."""

    def __init__(self, elf: ElfFile, thread_start: Callable[[], int | None] = lambda: None) -> None:
        """Prepare to run the program of `elf`.

        `thread_start` returns the address of the function that starts its threads.
        """
        self._elf = elf
        self._thread_start = thread_start
        self._armed: dict[int, _QuietStop] = {}

    def alive(self) -> bool:
        return alive()

    def moment(self) -> Moment | None:
        return recording.moment()

    def start(self) -> None:
        elf = self._elf
        _reap_lost_threads()  # for a process that `run` ends first
        if elf.is_pie and elf.symbol_table:
            # GDB knows no name that it could resolve: the loader is where the address is known
            self._start("starti")
            resumed = self._run_to(
                f"*{entry_point() or elf.entry:#x}", lambda: self._continue(None)
            )
        else:
            # A PIE has no load address yet; GDB resolves a name again once the program is loaded.
            symbol = elf.at(elf.entry) if elf.is_pie else None
            place = f"*'{symbol.name}'" if symbol else f"*{elf.entry:#x}"
            resumed = self._run_to(place, lambda: self._start("run"))
        if resumed.how != "elsewhere" or not alive():  # it has arrived at none of the armed stops
            raise GogdbError("the program did not reach its entry point", _outcome_text(resumed))

    def _run_to(self, place: str, run: Callable[[], Resumed]) -> Resumed:
        """Make the program run with a breakpoint at a place, which is no armed stop."""
        with in_language("c"):  # GDB 13 aborts if it looks up C's _start with language go
            stop = _QuietStop(place)
        try:
            return run()
        finally:
            stop.delete()

    def _start(self, command: str) -> Resumed:
        """Start the program; raise `GogdbError` if this GDB can start none any more.

        If a program ends while GDB steps a thread over a breakpoint, GDB goes on to wait for that
        step. Each `run` then ends without an event, and `continue` would hang.
        """
        event, failure = self._execute(command)
        if event is None and not failure and alive():
            _kill()
            raise GogdbError(
                "GDB says `No unwaited-for children left`, for it has lost an earlier process",
                "start GDB anew",
            )
        return self._resumed(event, failure)

    def arm(self, stops: Sequence[Stop]) -> None:
        new = [stop for stop in stops if stop.address not in self._armed]
        if not new:
            return
        with in_language("c"), blocked(CTRL_C):  # some languages have no 0x numbers
            for stop in new:
                self._armed[stop.address] = _QuietStop(f"*{stop.address:#x}", stop.condition)

    def resume(self) -> Resumed:
        before = recording.moment()
        resumed = self._continue(before)
        now = recording.moment()
        if resumed.how == "elsewhere" and before and before.is_past and now and not now.is_past:
            # GDB has stopped where its recording ends
            return self._arrived_here() or self._continue(now)
        return resumed

    def _arrived_here(self) -> Resumed | None:
        """Return that the program has arrived, if it is at an armed stop.

        GDB 13 does not say so at the end of its recording.
        """
        pc = gdb.newest_frame().pc()
        armed = self._armed.get(pc)
        return Resumed("arrived", pc) if armed and armed.stop() else None

    def _continue(self, moment: Moment | None) -> Resumed:
        image = Image()
        with recording.until_second_thread(moment, self._thread_start):
            event, failure = self._execute("continue")
            resumed = self._resumed(event, failure)
        if image.is_replaced:
            return Resumed("exited", detail=f"by executing {plain_path(main_path())}")
        return resumed

    def drop(self, address: int) -> None:
        with blocked(CTRL_C):
            armed = self._armed.pop(address, None)
            if armed is not None and armed.is_valid():
                armed.delete()

    def disarm(self) -> None:
        with blocked(CTRL_C):
            for address in list(self._armed):
                self.drop(address)

    def _execute(self, command: str) -> tuple[gdb.Event | None, str]:
        """Run the program by a GDB command; return GDB's last event, and its error message, if any.

        Raises `TargetLostError` when the connection ends.
        """
        events: list[gdb.Event] = []
        for armed in self._armed.values():
            armed.has_stopped = False
        record = events.append
        gdb.events.stop.connect(record)
        gdb.events.exited.connect(record)
        failure = ""
        remote = process.is_remote()
        try:
            with self._breakpoints_on_the_way(), _all_threads_run(), _ctrl_c_deferred():
                recording.check_output(execute(command))
        except gdb.error as error:
            failure = str(error)
        finally:
            gdb.events.stop.disconnect(record)
            gdb.events.exited.disconnect(record)
        event = events[-1] if events else None
        if remote and failure and not alive() and not isinstance(event, gdb.ExitedEvent):
            raise process.disconnected(failure)
        return event, failure

    def _breakpoints_on_the_way(self) -> AbstractContextManager[None]:
        """Return a context in which the user's breakpoints do not stop the program."""
        return _users_breakpoints_disabled()

    def _resumed(self, event: gdb.Event | None, failure: str) -> Resumed:
        """Return why the program stopped, given GDB's last event and its error message, if any."""
        if not isinstance(event, gdb.ExitedEvent) and alive() and _thread_is_gone():
            _kill()
        if isinstance(event, gdb.ExitedEvent) or not alive():
            code = getattr(event, "exit_code", None)
            return Resumed("exited", detail="" if code is None else f"with code {code}")
        if isinstance(event, gdb.SignalEvent):
            interrupted = event.stop_signal == "SIGINT"
            return Resumed("interrupted" if interrupted else "elsewhere", detail=event.stop_signal)
        if isinstance(event, gdb.BreakpointEvent):
            for address, armed in self._armed.items():
                if armed in event.breakpoints:
                    if not armed.has_stopped:
                        return Resumed("interrupted", detail="SIGINT")
                    return Resumed("arrived", address)
            return Resumed("elsewhere", detail=f"breakpoint {event.breakpoint.number}")
        return Resumed("elsewhere", detail=failure)


def _outcome_text(resumed: Resumed) -> str:
    verb = {"elsewhere": "stopped elsewhere", "interrupted": "was interrupted"}
    return f"it {verb.get(resumed.how, resumed.how)} {resumed.detail}".rstrip()


def _kill() -> None:
    """Make GDB notice that the program has ended.

    If a program ends while one of its threads is at a breakpoint, `continue` may return without an
    event, and GDB goes on to treat the threads as running.
    """
    _reap_lost_threads()
    confirm = "on" if gdb.parameter("confirm") else "off"
    for command in ("set confirm off", "kill", f"set confirm {confirm}"):
        # Each command takes effect even if it then reports an error about the selected thread.
        with suppress(gdb.error):
            gdb.execute(command, to_string=True)


def _reap_lost_threads() -> None:
    inferior = gdb.selected_inferior()
    if inferior.pid and process.is_native():
        known = {thread.ptid[1] for thread in inferior.threads() if thread.is_valid()}
        reap_lost_threads(inferior.pid, known)


def _thread_is_gone() -> bool:
    """Report whether the kernel no longer has the selected thread."""
    if not process.is_native():  # a server must not be asked about a thread that runs
        return False
    try:
        gdb.execute("maint print raw-registers", to_string=True)
    except gdb.error as error:
        if os.strerror(errno.ESRCH) in str(error):  # ptrace says so of a thread that runs, too
            pid, lwp, _ = gdb.selected_thread().ptid
            return has_ended(pid, lwp)
    return False


def _ctrl_c_deferred() -> AbstractContextManager[None]:
    return deferred(_interrupt) if process.is_native() else nullcontext()


def _interrupt() -> None:
    if not process.stands():
        with suppress(gdb.error):  # the program has just ended
            gdb.execute("interrupt", to_string=True)


@contextmanager
def _users_breakpoints_disabled() -> Iterator[None]:
    disabled = [b for b in gdb.breakpoints() or () if b.number > 0 and b.enabled]
    for breakpoint in disabled:
        breakpoint.enabled = False
    try:
        yield
    finally:
        for breakpoint in disabled:
            if breakpoint.is_valid():
                breakpoint.enabled = True


@contextmanager
def _all_threads_run() -> Iterator[None]:
    """Turn off scheduler-locking: with it, main.init may wait forever for another thread."""
    locking = gdb.parameter("scheduler-locking")
    if locking not in ("on", "step"):
        yield
        return
    gdb.execute("set scheduler-locking off", to_string=True)
    try:
        yield
    finally:
        gdb.execute(f"set scheduler-locking {locking}", to_string=True)
