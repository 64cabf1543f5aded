"""What the instructions around a stop do, by the runtime's names: "sp gets g1.sched.sp".

Everything follows from the registers at the stop: a register had its value from the instruction
that wrote it, and keeps it up to the instruction that writes it next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gogdb.inferior.arch import Arch, Operand, Operation
from gogdb.inferior.memory import WORD_MASK
from gogdb.inferior.protocol import Instruction
from gogdb.runtime.address_info import AddressClassifier
from gogdb.runtime.program import Program

__all__ = ["TLS_SLOT", "Annotator", "Effect", "KnownWord"]

TLS_SLOT = "TLS slot"  # in an `Effect`: the word in thread-local storage that holds g


class Effect(NamedTuple):
    """What an instruction does: `to` gets `value`, or with `to` empty it jumps to `value`.

    Both are registers, places by the runtime's names, or `TLS_SLOT`.
    """

    to: str
    value: str


class KnownWord(NamedTuple):
    """A word in memory whose value is known, and the name of that value."""

    value: int
    name: str


class Annotator:
    """Finds the effects of instructions at one stop."""

    def __init__(self, arch: Arch, classifier: AddressClassifier, tls_offset: int | None) -> None:
        """`tls_offset` is that of `Binary`."""
        self._arch = arch
        self._classifier = classifier
        self._tls_offset = tls_offset

    @classmethod
    def of(cls, program: Program, classifier: AddressClassifier) -> Annotator:
        return cls(program.arch, classifier, program.target.binary.tls_offset)

    def around(
        self, code: Sequence[Instruction], pc: int, registers: Mapping[str, int]
    ) -> dict[int, Effect]:
        """Return effects by instruction address; `registers` are those at `pc`, in `code`."""
        at = next((i for i, instruction in enumerate(code) if instruction.address == pc), None)
        if at is None:
            return {}
        effects = self.ahead(code[at:], registers, {})
        values = dict(registers)
        for instruction in reversed(code[:at]):
            operation = self._arch.parse(instruction.text)
            if operation.kind in ("jump", "transfer"):
                break
            _forget(values, operation)  # what it overwrote is unknown
            if effect := self._effect(operation, values):
                effects[instruction.address] = effect
        return effects

    def ahead(
        self,
        code: Sequence[Instruction],
        registers: Mapping[str, int],
        memory: Mapping[int, KnownWord],
    ) -> dict[int, Effect]:
        """Return the effects of `code` by instruction address.

        `registers` are those before the first instruction; `memory` has known words by address,
        so that the values loaded from there are known too. Ends where the code is left, except
        by a direct jump to the next instruction in `code`.
        """
        effects: dict[int, Effect] = {}
        values, words = dict(registers), dict(memory)
        for instruction, following in zip(code, [*code[1:], None], strict=True):
            operation = self._arch.parse(instruction.text)
            loaded = words.get(_address(operation.source, values))
            if effect := self._effect(operation, values, loaded):
                effects[instruction.address] = effect
            if operation.kind in ("jump", "transfer"):
                if following is None or operation.target != following.address:
                    break
                continue
            words.pop(_address(operation.destination, values), None)
            _forget(values, operation)
            if loaded and operation.kind == "move" and operation.destination.whole:
                values[operation.destination.register] = loaded.value
        return effects

    def _effect(
        self, operation: Operation, registers: Mapping[str, int], loaded: KnownWord | None = None
    ) -> Effect | None:
        """Return the effect of an operation, given the registers with known values.

        `loaded` is the word that it loads, if that is known.
        """
        source, destination = operation.source, operation.destination
        held = registers.get(source.register, 0)
        info = self._classifier.classify(held)
        if operation.kind == "jump":
            return Effect("", info.expression) if held and info.kind == "function" else None
        if operation.kind != "move":
            return None
        value = self._field(source, registers)
        if held and info.kind == "struct" and not info.offset:
            value = info.expression.lstrip("&")
        if loaded:
            value = f"{value} = {loaded.name}" if value else loaded.name
        if field := self._field(destination, registers):
            return Effect(field, value or source.text)
        # a part of a register is not the value
        return Effect(destination.register, value) if destination.whole and value else None

    def _field(self, operand: Operand, registers: Mapping[str, int]) -> str:
        """Return the field in memory that an operand is, "" if that is not known."""
        if operand.thread_local and self._tls_offset is not None:
            # an offset in a register is the slot's: Go keeps nothing else in thread-local storage
            offset = self._tls_offset if operand.tls_offset is None else operand.tls_offset
            return TLS_SLOT if (offset - self._tls_offset) & WORD_MASK == 0 else ""
        if operand.base in (self._arch.sp, self._arch.fp):  # a place in the frame, not in a struct
            return ""
        address = _address(operand, registers)
        info = self._classifier.classify(address) if address else None
        if not address or info is None or info.kind != "struct":
            return ""
        field = info.field or self._classifier.first_field(address)
        return f"{info.name}.{field}" if field else ""


def _address(operand: Operand, registers: Mapping[str, int]) -> int:
    """Return the address of an operand in memory, 0 if that is not known."""
    if operand.base not in registers:
        return 0
    return (registers[operand.base] + operand.offset) & WORD_MASK


def _forget(registers: dict[str, int], operation: Operation) -> None:
    """Remove the registers that an operation writes."""
    if operation.writes is None:
        registers.clear()
    else:
        for name in operation.writes:
            registers.pop(name, None)
