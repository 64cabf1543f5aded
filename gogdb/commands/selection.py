"""Which goroutines a command is about: names, filters, the selected thread's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gogdb.errors import GogdbError
from gogdb.runtime import goroutines
from gogdb.runtime.filters import Filter
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime

__all__ = ["current", "filter_of", "named"]


def current(program: Program, runtime: Runtime) -> G:
    """The g whose stack the selected thread is on, else the one that its TLS slot names."""
    registers = program.target.registers()
    g = runtime.stack_owner(registers.sp) or runtime.g(program.current_g(registers))
    if g is None:
        raise GogdbError("the selected thread is on no goroutine", "name one: a goid, g0, m0.curg")
    return g


def named(program: Program, runtime: Runtime, names: Sequence[str]) -> list[G]:
    if not names:
        return [current(program, runtime)]
    return [goroutines.find(program, runtime, name) for name in names]


def filter_of(options: Any, program: Program) -> Filter:
    """The filter that the options are. Raises `GogdbError` when nothing can ever pass it."""
    wanted = Filter(options.status, options.reason, options.where)
    wanted.check(program.reader.constants)
    return wanted
