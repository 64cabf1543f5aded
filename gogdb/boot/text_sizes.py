"""The sizes on an assembly function's TEXT line: of its frame and of its arguments."""

from __future__ import annotations

from dataclasses import dataclass

from gogdb.runtime.program import Program

__all__ = ["TextSizes", "read_text_sizes"]


@dataclass(frozen=True)
class TextSizes:
    """The sizes in bytes; None if the program's tables do not have them."""

    frame: int | None
    arguments: int | None


def read_text_sizes(program: Program, pc: int) -> TextSizes:
    """Return the sizes of the function at `pc`, from the tables that the traceback uses."""
    symbol, symtab = program.target.symbols.at(pc), program.symtab
    function = symtab.function(pc)
    quantum = program.arch.pc_quantum
    pcs = range(symbol.address, symbol.address + symbol.size, quantum) if symbol else ()
    # The frame is as large as sp ever goes below the return address
    frame = max((symtab.sp_delta(each) or 0 for each in pcs), default=None)
    return TextSizes(frame, function.args if function else None)
