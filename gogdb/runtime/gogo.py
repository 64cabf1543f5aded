"""What gogo does to make a goroutine run, instruction by instruction (asm_*.s)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gogdb.inferior.protocol import Instruction
from gogdb.runtime.address_info import AddressClassifier
from gogdb.runtime.disasm_notes import Annotator, Effect, KnownWord
from gogdb.runtime.gobuf import gobuf_words
from gogdb.runtime.model import G
from gogdb.runtime.program import Program

__all__ = ["GogoStep", "annotate_gogo"]

_MAX_SIZE = 512  # bytes of code; gogo has about 65


class GogoStep(NamedTuple):
    """One instruction as the debugger writes it, and what it would do."""

    address: int
    text: str
    effect: Effect | None


def annotate_gogo(program: Program, g: G, classifier: AddressClassifier) -> Sequence[GogoStep]:
    """Return gogo's instructions, each with what it would do with the gobuf of `g`.

    Empty if the program's gogo cannot be found.
    """
    code = _code(program)
    effects = Annotator.of(program, classifier).ahead(
        code, {program.arch.sp: 0}, _known_words(program, g, classifier)
    )
    return [GogoStep(i.address, i.text, effects.get(i.address)) for i in code]


def _code(program: Program) -> Sequence[Instruction]:
    """Return the code of runtime.gogo, and of gogo<> that it jumps to."""
    target = program.target
    code: list[Instruction] = []
    symbol = program.reader.symbols.function("runtime.gogo")
    for _ in range(2):
        if symbol is None:
            break
        end = symbol.address + min(symbol.size, _MAX_SIZE)
        code += target.instructions(symbol.address, end)
        jump = program.arch.parse(code[-1].text).target if code else None
        symbol = target.symbols.at(jump) if jump else None
    return code


def _known_words(program: Program, g: G, classifier: AddressClassifier) -> dict[int, KnownWord]:
    """Return the words in memory that gogo reads, by address; SP is 0 at its entry."""
    layout = program.reader.layout("runtime.g")
    words = {program.arch.stack_arguments: KnownWord(g.sched.address, f"&{g.label}.sched")}
    for field, value in gobuf_words(g.sched).items():
        info = classifier.classify(value)
        is_number = info.kind in ("stack", "number")
        name = f"{value:#x}" if is_number else info.expression.removeprefix("&")
        words[g.address + layout.offset(f"sched.{field}")] = KnownWord(value, name)
    return words
