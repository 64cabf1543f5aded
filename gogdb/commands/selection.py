"""The goroutines that a command is about: by name, by filter, or the one that GDB shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gogdb.errors import GogdbError
from gogdb.gdbhost.shown_goroutine import shown
from gogdb.runtime import goroutines
from gogdb.runtime.filters import Filter
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["current", "filter_of", "named"]


def current(program: Program, runtime: Runtime) -> G:
    """Return the g that GDB shows in place of the selected thread, or else the thread's own.

    The thread's own is the g whose stack it is on, or else the one in its TLS slot. Raises
    `GogdbError` when there is neither.
    """
    if (goroutine := shown()) is not None:
        return goroutines.find(program, runtime, goroutine.name)
    registers = program.target.registers()
    g = runtime.stack_owner(registers.sp) or runtime.g(program.current_g(registers))
    if g is None and (runtime.lacks("gs") or runtime.lacks("ms")):
        raise GogdbError(
            "the goroutine of the selected thread cannot be found",
            "`go-gmp` says what cannot be read",
        )
    # The bounds of a g0 that needm has lent to a thread outlast its way through Go
    if g is None or g.is_system:
        _check_m(program, runtime)
    if g is None:
        raise GogdbError("the selected thread is on no goroutine", "name one: a goid, g0, m0.curg")
    return g


def _check_m(program: Program, runtime: Runtime) -> None:
    """Raise `GogdbError` if the selected thread has no M."""
    thread = program.target.selected_thread()
    if thread and thread in runtime.threads.without_m:
        raise GogdbError(
            f"thread {thread.number} (LWP {thread.lwp}) has no M, and runs no goroutine",
            "`go-gmp m` lists the threads that have one",
        )


def named(program: Program, runtime: Runtime, names: Sequence[str]) -> list[G]:
    """Return the gs with these names, or the current one without a name. Raises `GogdbError`."""
    if not names:
        return [current(program, runtime)]
    return [goroutines.find(program, runtime, name) for name in names]


def filter_of(options: Namespace, program: Program, depth: int) -> Filter:
    """Return the filter that the options ask for; --where looks at `depth` frames of each stack.

    Raises `GogdbError` when no goroutine can ever match it.
    """
    filter = Filter(options.status, options.reason, options.where, depth, label=options.label)
    filter.check(program.reader.constants)
    return filter
