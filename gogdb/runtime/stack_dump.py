"""Every word of a stack, from its innermost frame up, and what each one is.

What a place is for comes from `places`; what its value points at, from where stacks, structs,
the heap and the program's file lie.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gogdb.errors import Unreadable
from gogdb.inferior.memory import Memory
from gogdb.inferior.variables import Variables
from gogdb.runtime.address_info import AddressClassifier, AddressInfo
from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.runtime.frame_slots import FrameSlots, Slot, SlotKind, frame_slots
from gogdb.runtime.model import Stack
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Unwound

__all__ = ["Word", "words"]

_TEXT = 32  # bytes of a string that are read
_NOTHING, _NUMBER = AddressInfo("nil"), AddressInfo("number")


@dataclass(frozen=True, slots=True)
class Word:
    """Eight bytes of a stack; `kind`, `frame`, `name` and `argument_of` are those of their `Slot`.

    `value` is None when they cannot be read. `number` is that of a variable that is one, `text`
    what a string's pointer points at, as far as it is read. `linked`, of a saved frame pointer:
    whether the chain goes through here. `leads_to`, of a pointer into this stack: the frame
    that it points into, and `leads_to_name` the variable. `call`, of a return address: file and
    line.
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


def words(
    program: Program,
    stack: Stack,
    found: Unwound,
    chain: FramePointerChain | None,
    sense: AddressClassifier,
    variables: Variables,
    limit: int,
) -> list[Word]:
    """At most `limit` words, in rising addresses from the innermost frame's sp on.

    `found` are the frames of a g with this stack.
    """
    frames = [(n, f) for n, f in enumerate(found.frames) if not f.inlined and f.sp in stack]
    if not frames:
        return []
    sp = frames[0][1].sp
    shown = range(sp, sp + 8 * min((stack.hi - sp) // 8, limit), 8)
    known = frame_slots(program, found, frames, chain, variables, range(shown.start, shown.stop))
    values = dict(zip(shown, _read(program.target, sp, len(shown)), strict=True))
    told = []
    for address, value in values.items():
        place = known.at(address)
        word = Word(
            address, value, place.kind, _NOTHING, place.frame, place.name, place.argument_of
        )
        if value is not None:
            word = replace(word, meaning=sense.classify(value))
            word = _in_its_terms(program.target, word, place, _length(known, values, address))
            if value in stack and word.meaning.kind == "stack":
                there = known.at(value)
                word = replace(word, leads_to=there.frame, leads_to_name=there.name)
        if place.frame is not None and place.kind == "saved-fp":
            link = chain.link(place.frame) if chain else None
            word = replace(word, linked=link is not None and link.linked)
        elif place.frame is not None and place.kind in ("return", "goexit"):
            word = replace(word, call=_call(found, place.frame))
        told.append(word)
    return told


def _read(memory: Memory, start: int, count: int) -> Sequence[int | None]:
    """`count` words; those that cannot be read are None."""
    try:
        return struct.unpack(f"<{count}Q", memory.read(start, 8 * count))
    except Unreadable:
        if count <= 1:
            return [None] * count
    half = count // 2
    return [*_read(memory, start, half), *_read(memory, start + 8 * half, count - half)]


def _in_its_terms(memory: Memory, word: Word, place: Slot, length: int | None) -> Word:
    """What a variable's value says by its type: a number, a string of `length`, a pointer."""
    type, value = place.type, word.value
    if type is None or value is None:
        return word
    if type.kind in ("int", "bool") or (type.kind == "uint" and type.size < 8):
        number = value >> 8 * place.shift & (1 << 8 * type.size) - 1
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


def _length(known: FrameSlots, values: dict[int, int | None], address: int) -> int | None:
    """The length of the string whose pointer stands at `address`; None when it is of no string."""
    name, _, field = known.at(address).name.rpartition(".")
    is_string = field == "str" and known.at(address + 8).name == f"{name}.len"
    return values.get(address + 8) if is_string else None


def _call(found: Unwound, number: int) -> tuple[str, int] | None:
    """Where the call is that the frame of this number will return from."""
    if number + 1 >= len(found.frames):
        return None
    caller = found.frames[number + 1]  # with inlining, the innermost of its calls
    return caller.file, caller.line
