"""The source and the instructions around a stop, with what each instruction does."""

from __future__ import annotations

from gogdb.boot.record import Listing
from gogdb.boot.stop import StopState
from gogdb.runtime.disasm_notes import Annotator
from gogdb.runtime.program import Program

__all__ = ["listing"]

SOURCE_LINES = (4, 5)  # before and after the stop
INSTRUCTIONS = (4, 4)


def listing(program: Program, moment: StopState) -> Listing:
    target, pc = program.target, moment.pc
    symbol = target.symbols.at(pc)
    code = target.instructions(symbol.address, pc + 40) if symbol else ()
    at = next((i for i, found in enumerate(code) if found.address == pc), 0)
    code = code[max(0, at - INSTRUCTIONS[0]) : at + INSTRUCTIONS[1] + 1]
    if symbol:
        code = [i for i in code if i.address < symbol.address + symbol.size]
    told = Annotator.of(program, moment.classifier).around(code, pc, moment.registers)
    first, last = max(1, moment.line - SOURCE_LINES[0]), moment.line + SOURCE_LINES[1]
    lines = target.source(moment.file, pc, first, last) if moment.file else None
    if lines is None or first + len(lines) <= moment.line:  # another file of that name
        return Listing((), tuple(code), told)
    return Listing(tuple(enumerate(lines, first)), tuple(code), told)
