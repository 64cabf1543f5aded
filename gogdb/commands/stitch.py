"""`set gogdb stitch on`: GDB goes on from a system stack to the goroutine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gogdb.commands.per_program import PerProgram

if TYPE_CHECKING:  # takes time to import, and most sessions do without
    from gogdb.gdbhost.stitch_unwinder import StitchUnwinder
    from gogdb.runtime.program import Program

__all__ = ["switch"]


def _make(program: Program) -> StitchUnwinder:
    from gogdb.gdbhost.stitch_unwinder import StitchUnwinder
    from gogdb.runtime.stack_stitch import StackStitch

    return StitchUnwinder(program.arch, StackStitch(program))


def _prepare(program: Program) -> None:
    from gogdb.gdbhost.switch_symbols import load_switch

    load_switch(program.arch)  # GDB may have dropped them


switch = PerProgram(_make, _prepare).switch
