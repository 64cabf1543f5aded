"""The source and the instructions around a stop, with what each instruction does."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.record import Listing
from gogdb.boot.stop import StopState
from gogdb.inferior.protocol import Instruction
from gogdb.runtime.disasm_notes import Annotator
from gogdb.runtime.program import Program

__all__ = ["read_listing"]

LINES_BEFORE, LINES_AFTER = 4, 5
INSTRUCTIONS_BEFORE, INSTRUCTIONS_AFTER = 4, 4
MAX_AHEAD = 40  # bytes of code read after pc: room for INSTRUCTIONS_AFTER instructions


def read_listing(program: Program, state: StopState) -> Listing:
    """Read the source and the instructions around a stop of the live program.

    If the source file is not on this machine, there are only instructions.
    """
    code = _instructions(program, state.pc)
    annotator = Annotator.of(program, state.classifier)
    notes = annotator.around(code, state.pc, state.registers)
    return Listing(_source(program, state), tuple(code), notes, _lines(program, state.file, code))


def _instructions(program: Program, pc: int) -> Sequence[Instruction]:
    symbol = program.target.symbols.at(pc)
    if symbol is None:
        return ()
    code = program.target.instructions(symbol.address, pc + MAX_AHEAD)
    at = next((i for i, instruction in enumerate(code) if instruction.address == pc), 0)
    near = code[max(0, at - INSTRUCTIONS_BEFORE) : at + INSTRUCTIONS_AFTER + 1]
    return [each for each in near if each.address < symbol.address + symbol.size]


def _lines(program: Program, file: str, code: Sequence[Instruction]) -> dict[int, int]:
    """Return the line of `file` that each instruction comes from, if it is not of another file."""
    places = {each.address: program.locate(each.address)[2:] for each in code}
    return {address: line for address, (where, line) in places.items() if file and where == file}


def _source(program: Program, state: StopState) -> Sequence[tuple[int, str]]:
    """Return numbered lines; () if the file is missing or too short to be the right one."""
    if not state.file:
        return ()
    first, last = max(1, state.line - LINES_BEFORE), state.line + LINES_AFTER
    lines = program.target.source(state.file, state.pc, first, last)
    if lines is None or first + len(lines) <= state.line:
        return ()
    return tuple(enumerate(lines, first))
