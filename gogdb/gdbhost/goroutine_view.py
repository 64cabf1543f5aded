"""The goroutine whose frames GDB shows in place of a thread's.

While there is one, an unwinder, a frame filter and hooks are registered, and GDB unwinds past
main.main. All of that ends with it: when the user says so, selects another thread, or lets the
program run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost import process, threads
from gogdb.gdbhost.execution_guard import EXECUTION, GOS_OWN, THREAD, ExecutionGuard
from gogdb.gdbhost.goroutine_unwinder import GoroutineUnwinder, first_frame
from gogdb.gdbhost.selected_frame import select_level
from gogdb.gdbhost.shown_goroutine import Shown, recorded, set_shown, shown
from gogdb.gdbhost.switch_symbols import load_switch
from gogdb.inferior.arch import Arch
from gogdb.inferior.stack_switch import Caller, FramePlace

__all__ = ["has_debug_info", "is_for_dap", "kept", "leave", "select_frame", "show"]

_PAST_MAIN = "backtrace past-main"


class _View:
    """What is registered while a goroutine is shown."""

    def __init__(self, arch: Arch) -> None:
        self.home = process.selected_thread()
        self.unwinder = GoroutineUnwinder(arch, self._notice_thread)
        self.arch = arch
        self.level = 0  # of the frame that was selected at the last prompt
        self.may_select_thread = False  # whether `thread` was run since then
        self._past_main = bool(gdb.parameter(_PAST_MAIN))
        self._guard = ExecutionGuard(_check)
        self._has_noticed = False

    def begin(self) -> None:
        self._guard.set()
        self.unwinder.register()
        gdb.execute(f"set {_PAST_MAIN} on", to_string=True)

    def end(self) -> None:
        self.unwinder.unregister()
        self._guard.remove()
        if not self._past_main:
            gdb.execute(f"set {_PAST_MAIN} off", to_string=True)
        gdb.invalidate_cached_frames()

    def _notice_thread(self) -> None:
        """Look later whether another thread is selected, if the frames of one are unwound.

        A client of MI selects a thread, and GDB has no prompt before which `_before_prompt` runs.
        """
        if not self._has_noticed and _is_another_thread_selected():
            self._has_noticed = True
            gdb.post_event(self._leave_for_thread)

    def _leave_for_thread(self) -> None:
        self._has_noticed = False
        if _view is self and _is_another_thread_selected():
            leave()


def _is_another_thread_selected() -> bool:
    """Report whether a goroutine is shown, but in place of another thread than the selected one."""
    return recorded() is not None and shown() is None


_view: _View | None = None


def is_for_dap() -> bool:
    """Report whether GDB serves a client of the Debug Adapter Protocol (`gdb -i dap`).

    GDB keeps the frames that it has reported to a client. While a goroutine is shown, those of the
    thread are invalid, and every request about one of them fails.
    """
    return "gdb.dap" in sys.modules


def has_debug_info(pc: int) -> bool:
    """Report whether GDB has debug information at a pc, and with it call frame information."""
    return gdb.find_pc_line(pc).symtab is not None


def show(arch: Arch, goroutine: Shown, callers: Mapping[FramePlace, Caller]) -> None:
    """Show a goroutine's frames in place of those of its thread, which becomes the selected one.

    `callers` are what an unwinder has to say. Raises `GogdbError`.
    """
    global _view
    load_switch(arch)
    if _view is None:
        _watch()
        view = _View(arch)
        view.begin()
        _view = view
    threads.select(goroutine.thread)
    set_shown(goroutine)
    _view.unwinder.callers = callers
    gdb.invalidate_cached_frames()


def leave(*, return_to_thread: bool = False) -> None:
    """Show the threads' own frames again; with `return_to_thread` of the one selected before."""
    global _view
    if _view is None:
        return
    view, _view = _view, None
    set_shown(None)
    view.end()
    if return_to_thread and view.home is not None and view.home.is_valid():
        view.home.switch()


def select_frame(pc: int, position: int) -> None:
    """Select a goroutine's frame: of those at `pc` the one at a position, innermost first.

    Several frames are at a pc where calls are inlined. Without one at the pc it is the innermost.
    """
    found = first = first_frame()
    frame: gdb.Frame | None = first
    while frame is not None and position >= 0:
        if frame.pc() == pc:
            found = frame
            position -= 1
        elif found is not first:
            break
        frame = frame.older()
    found.select()


@contextmanager
def kept() -> Iterator[None]:
    """Show what is shown now again in the end: a goroutine or a thread, and its selected frame.

    Nothing is selected again if the program has run meanwhile.
    """
    before, thread, level = _view, process.selected_thread(), _selected_level()
    goroutine = recorded()
    callers = before.unwinder.callers if before else {}
    try:
        yield
    finally:
        if _view is not None and recorded() is not None:
            if before is None:
                leave()
            elif _view is before:
                before.unwinder.callers = callers
                set_shown(goroutine)
                gdb.invalidate_cached_frames()
            if thread is not None and thread.is_valid():
                thread.switch()
                select_level(level)


def _selected_level() -> int:
    with suppress(gdb.error):  # the thread runs, or there is none
        return gdb.selected_frame().level()
    return 0


def _check(command: str) -> None:
    """Raise `gdb.GdbError` if a command would act on the thread, not on the goroutine shown."""
    goroutine = shown()
    if goroutine is None:
        return
    if command == THREAD and _view is not None:
        _view.may_select_thread = True
        return
    if command == GOS_OWN and gdb.selected_frame() != gdb.newest_frame():
        raise gdb.GdbError(
            f"`{command}` would leave thread {goroutine.thread} with $sp and $pc of the selected "
            "frame: `go-goroutine off` returns to that thread"
        )
    if not goroutine.is_elsewhere:
        return
    if command in EXECUTION:
        raise gdb.GdbError(_why_not(goroutine, command))
    if gdb.selected_frame() == first_frame():  # what GDB says at a thread's innermost frame
        raise gdb.GdbError("Bottom (innermost) frame selected; you cannot go down.")


def _why_not(goroutine: Shown, command: str) -> str:
    """Return why a command that lets the program run is refused, and what to do."""
    if process.connection(gdb.selected_inferior()) == "core":
        return (
            f"`{command}` would run the program, and this is a core file: `bt` shows the goroutine"
        )
    back = "`go-goroutine off` returns to that thread"
    if goroutine.has_thread:
        return (
            f"thread {goroutine.thread} works for {goroutine.label} on another stack, as in C or "
            f"in a signal handler, and `{command}` would act there: {back}"
        )
    runs = ""
    if goroutine.goid:  # a system stack cannot be waited for
        runs = f"`go-until {goroutine.name} running` lets it run; "
    return (
        f"{goroutine.label} does not run, and `{command}` would act on thread "
        f"{goroutine.thread}: {runs}{back}"
    )


_is_watching = False


def _watch() -> None:
    """Notice when the program runs or ends, and when the user selects another thread."""
    global _is_watching
    if _is_watching:
        return
    _is_watching = True
    gdb.events.cont.connect(_resumed)
    gdb.events.stop.connect(_stopped)
    gdb.events.exited.connect(_stopped)
    gdb.events.before_prompt.connect(_before_prompt)


def _resumed(_: object) -> None:
    """Forget the goroutine; what is registered ends when the program has stopped."""
    if _view is not None:
        set_shown(None)
        _view.unwinder.callers = {}


def _stopped(_: object) -> None:
    if _view is not None and recorded() is None:
        leave()


def _before_prompt(_: None = None) -> None:
    if _view is None:
        return
    if (goroutine := shown()) is None:
        leave()
    elif goroutine.is_elsewhere:
        with suppress(GogdbError, gdb.error):
            load_switch(_view.arch)
            _stay_in_goroutine(_view, goroutine)


def _stay_in_goroutine(view: _View, goroutine: Shown) -> None:
    """Select the goroutine's frame again if GDB has forgotten it, as after `set backtrace`.

    GDB then selects the thread's own innermost frame. If the user has selected that frame, or the
    thread, show the thread's frames again.
    """
    first, selected = first_frame(), gdb.selected_frame()
    forgotten, view.unwinder.has_unwound = view.unwinder.has_unwound, False
    selects_thread, view.may_select_thread = view.may_select_thread, False
    if selected.level() >= first.level():
        view.level = selected.level()
    elif selects_thread:
        leave()
    elif forgotten:
        select_level(max(view.level, first.level()))
    else:
        leave()
        this = f"this is thread {goroutine.thread}"
        gdb.write(f"[{goroutine.label} is not selected any more: {this}]\n")
