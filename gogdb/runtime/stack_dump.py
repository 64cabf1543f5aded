"""The words of a stack, from the innermost frame's sp up: what each is for and what it points to.

`frame_slots` says what a word is for, `AddressClassifier` what its value points to.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gogdb.errors import Unreadable
from gogdb.inferior.memory import Memory
from gogdb.inferior.variables import Variables
from gogdb.runtime.address_info import AddressClassifier, AddressInfo
from gogdb.runtime.fp_chain import FramePointerChain, fp_chain
from gogdb.runtime.frame_slots import FrameSlots, Slot, SlotKind, frame_slots
from gogdb.runtime.heap import Heap
from gogdb.runtime.model import G, Stack
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Unwound

__all__ = ["StackDump", "StackDumper", "Word", "dump_words"]

_TEXT = 32  # bytes read of a string
_NOTHING, _NUMBER = AddressInfo("nil"), AddressInfo("number")


@dataclass(frozen=True, slots=True)
class Word:
    """Eight bytes of a stack; `kind`, `frame`, `name` and `argument_of` are those of their `Slot`.

    - `value`: None if the word cannot be read
    - `number`: the value of a variable that is a number or a bool
    - `text`: the beginning of the string that the word points to
    - `linked`: whether the frame-pointer chain goes through this saved frame pointer
    - `leads_to`, `leads_to_name`: the frame on this stack that the word points into, the variable
    - `call`: file and line of the call that this return address belongs to
    """

    address: int
    value: int | None
    kind: SlotKind
    meaning: AddressInfo
    frame: int | None = None
    name: str = ""
    argument_of: str = ""
    number: int | bool | None = None
    text: str | None = None
    linked: bool | None = None
    leads_to: int | None = None
    leads_to_name: str = ""
    call: tuple[str, int] | None = None


@dataclass(frozen=True)
class StackDump:
    """The words of a stack in rising addresses, from the innermost sp on, and its frames."""

    unwound: Unwound
    chain: FramePointerChain | None
    words: Sequence[Word]


class StackDumper:
    """Dumps stacks at one stop, at most `limit` words of each, one at least."""

    def __init__(
        self, program: Program, runtime: Runtime, variables: Variables, limit: int
    ) -> None:
        self._program = program
        self._variables = variables
        self._limit = limit
        heap = Heap(program.reader, program.symtab)
        self._classifier = AddressClassifier(program, runtime, heap=heap)

    def dump(self, g: G, unwound: Unwound) -> StackDump:
        """Return the words of a goroutine's stack; there are none if it has no frames."""
        unwound = unwound.first(self._limit)  # a frame has one word at least
        chain = fp_chain(self._program, g, unwound)
        words = dump_words(
            self._program,
            g.stack,
            unwound,
            chain,
            self._classifier,
            self._variables,
            self._limit,
        )
        return StackDump(unwound, chain, words)


def dump_words(
    program: Program,
    stack: Stack,
    unwound: Unwound,
    chain: FramePointerChain | None,
    classifier: AddressClassifier,
    variables: Variables,
    limit: int,
) -> list[Word]:
    """Return at most `limit` words of a stack whose frames are `unwound`."""
    frames = [(n, f) for n, f in enumerate(unwound.frames) if not f.inlined and f.sp in stack]
    if not frames:
        return []
    sp = frames[0][1].sp
    addresses = range(sp, sp + 8 * min((stack.hi - sp) // 8, limit), 8)
    slots = frame_slots(
        program, unwound, frames, chain, variables, range(addresses.start, addresses.stop)
    )
    values = dict(zip(addresses, _read(program.target, sp, len(addresses)), strict=True))
    words = []
    for address, value in values.items():
        slot = slots.at(address)
        word = Word(address, value, slot.kind, _NOTHING, slot.frame, slot.name, slot.argument_of)
        if value is not None:
            word = replace(word, meaning=classifier.classify(value))
            word = _typed(program.target, word, slot, _string_length(slots, values, address))
            if value in stack and word.meaning.kind == "stack":
                target = slots.at(value)
                word = replace(word, leads_to=target.frame, leads_to_name=target.name)
        if slot.frame is not None and slot.kind == "saved-fp":
            link = chain.link(slot.frame) if chain else None
            word = replace(word, linked=link is not None and link.linked)
        elif slot.frame is not None and slot.kind in ("return", "goexit"):
            word = replace(word, call=_call_site(unwound, slot.frame))
        words.append(word)
    return words


def _read(memory: Memory, start: int, count: int) -> Sequence[int | None]:
    """Return `count` words; those that cannot be read are None."""
    try:
        return struct.unpack(f"<{count}Q", memory.read(start, 8 * count))
    except Unreadable:
        if count <= 1:
            return [None] * count
    half = count // 2
    return [*_read(memory, start, half), *_read(memory, start + 8 * half, count - half)]


def _typed(memory: Memory, word: Word, slot: Slot, length: int | None) -> Word:
    """Return the word with the number or text that it has by the type of its variable.

    `length` is that of the string which the word points to, None if it points to no string.
    """
    type, value = slot.type, word.value
    if type is None or value is None:
        return word
    if type.kind in ("int", "bool") or (type.kind == "uint" and type.size < 8):
        number = value >> 8 * slot.shift & (1 << 8 * type.size) - 1
        if type.kind == "int" and number >> 8 * type.size - 1:
            number -= 1 << 8 * type.size
        return replace(
            word, number=bool(number) if type.kind == "bool" else number, meaning=_NUMBER
        )
    if type.kind != "uint":
        return replace(word, meaning=_NUMBER)
    if length:
        try:
            data = memory.read(value, min(length, _TEXT))
        except Unreadable:
            return word
        text = data.decode("utf-8", "replace")
        return replace(word, text=text + ("…" if length > _TEXT else ""))
    return word


def _string_length(slots: FrameSlots, values: dict[int, int | None], address: int) -> int | None:
    """Return the length of the string whose pointer is at `address`; None if there is none."""
    name, _, field = slots.at(address).name.rpartition(".")
    is_string = field == "str" and slots.at(address + 8).name == f"{name}.len"
    return values.get(address + 8) if is_string else None


def _call_site(unwound: Unwound, number: int) -> tuple[str, int] | None:
    """Return file and line of the call that the frame of this number returns from."""
    if number + 1 >= len(unwound.frames):
        return None
    caller = unwound.frames[number + 1]  # with inlining, the innermost of its calls
    return caller.file, caller.line
