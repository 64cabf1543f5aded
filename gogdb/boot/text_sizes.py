"""The sizes that an assembly function's TEXT line gives: its frame and its arguments."""

from __future__ import annotations

from dataclasses import dataclass

from gogdb.runtime.program import Program

__all__ = ["TextSizes", "read_text_sizes"]


@dataclass(frozen=True)
class TextSizes:
    """Bytes; None if the program does not say."""

    frame: int | None
    arguments: int | None


def read_text_sizes(program: Program, pc: int) -> TextSizes:
    """Return the sizes of the function at `pc`, from the tables that the traceback uses."""
    symbol, symtab = program.target.symbols.at(pc), program.symtab
    function = symtab.function(pc)
    quantum = program.arch.pc_quantum
    pcs = range(symbol.address, symbol.address + symbol.size, quantum) if symbol else ()
    # The deepest that sp goes below the return address
    frame = max((symtab.sp_delta(each) or 0 for each in pcs), default=None)
    return TextSizes(frame, function.args if function else None)
