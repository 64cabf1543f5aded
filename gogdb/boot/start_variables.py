"""Runtime variables that are set once, during the boot (runtime/runtime1.go, runtime/proc.go)."""

from __future__ import annotations

from dataclasses import dataclass

from gogdb.errors import Unreadable
from gogdb.runtime.program import Program

__all__ = ["StartVariables", "read_start_variables"]


@dataclass(frozen=True)
class StartVariables:
    """The variables at one stop; None for one that this binary lacks or that cannot be read."""

    argc: int | None  # runtime.argc
    argv: int | None  # runtime.argv, an address
    allm: int | None  # runtime.allm, the first M of the list
    main_pc: int | None  # address of runtime.mainPC, a func value
    main_fn: int | None  # the function in runtime.mainPC
    main_started: bool | None  # runtime.mainStarted


def read_start_variables(program: Program) -> StartVariables:
    """Read the variables as they are now."""
    main_pc = program.reader.symbols.variable("runtime.mainPC")
    main_started = _read(program, "runtime.mainStarted", 1)
    return StartVariables(
        argc=_read(program, "runtime.argc", 4),
        argv=_read(program, "runtime.argv", 8),
        allm=_read(program, "runtime.allm", 8),
        main_pc=main_pc.address if main_pc else None,
        main_fn=_read(program, "runtime.mainPC", 8),
        main_started=None if main_started is None else bool(main_started),
    )


def _read(program: Program, name: str, size: int) -> int | None:
    """Return a variable of `size` bytes as an unsigned number."""
    symbol = program.reader.symbols.variable(name)
    if symbol is None:
        return None
    try:
        return int.from_bytes(program.target.read(symbol.address, size), "little")
    except Unreadable:
        return None
