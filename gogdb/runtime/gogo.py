"""What gogo does to make a goroutine run, instruction by instruction (asm_amd64.s)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gogdb.inferior.protocol import Instruction
from gogdb.inferior.symbols import function
from gogdb.runtime.address_info import AddressClassifier
from gogdb.runtime.disasm_notes import Effect, Word, follow, jumps_to
from gogdb.runtime.model import G
from gogdb.runtime.program import Program

__all__ = ["FIELDS", "Step", "instructions", "loading"]

FIELDS = ("sp", "pc", "g", "ctxt", "bp", "ret")  # of a gobuf: what gogo looks at, and up to 1.24
_MOST = 512  # bytes: gogo has some 65


class Step(NamedTuple):
    """One instruction as the debugger writes it, and what it would do."""

    address: int
    text: str
    effect: Effect | None


def instructions(program: Program) -> Sequence[Instruction]:
    """The program's own code of gogo: runtime.gogo, and gogo<> that it jumps to.

    Empty when it is not found.
    """
    target = program.target
    code: list[Instruction] = []
    piece = function(target.symbols, "runtime.gogo")
    for _ in range(2):
        if piece is None:
            break
        code += target.instructions(piece.address, piece.address + min(piece.size, _MOST))
        onward = jumps_to(code[-1].text) if code else None
        piece = target.symbols.at(onward) if onward else None
    return code


def loading(program: Program, g: G, sense: AddressClassifier) -> Sequence[Step]:
    """gogo's instructions, each with what it would do with this g's gobuf."""
    code, layout = instructions(program), program.reader.layout("runtime.g")
    words = {8: Word(g.sched.address, f"&{g.label}.sched")}  # its argument, at 8(SP), SP being 0
    for field in FIELDS:
        value = getattr(g.sched, field)
        if value is not None:
            what = sense.classify(value)
            is_number = what.kind in ("stack", "number")
            called = f"{value:#x}" if is_number else what.expression.removeprefix("&")
            words[g.address + layout.offset(f"sched.{field}")] = Word(value, called)
    offset = program.target.binary.tls_offset
    told = follow(code, {"rsp": 0}, sense, offset, words)
    return [Step(i.address, i.text, told.get(i.address)) for i in code]
