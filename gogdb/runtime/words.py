"""Every word of a stack, from its innermost frame up, and what each one is.

What a place is for comes from the frames (return address, saved rbp, arguments) and from the debug
information (variables); what its value points at, from where stacks, structs, heap and the
program's file lie.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gogdb.errors import Unreadable
from gogdb.runtime.meaning import Meaning, Sense
from gogdb.runtime.model import Stack
from gogdb.runtime.program import Program
from gogdb.runtime.rbpchain import Chain, slot
from gogdb.runtime.unwind import INJECTED, Frame, Unwound
from gogdb.target.layout import TypeNode
from gogdb.target.protocol import Memory
from gogdb.target.variables import Variables, part

__all__ = ["Kind", "Word", "words"]

Kind = Literal[
    "return",  # the address where the frame's caller goes on
    "goexit",  # the return address that newproc1 forged, under every goroutine
    "rbp",  # the caller's rbp
    "variable",  # an argument, a result or a local
    "argument",  # room for arguments and results of the frame further in, of no known name
    "local",  # of no known name: a spilled register, a temporary, room not in use
    "above",  # beyond the outermost frame
]


@dataclass(frozen=True, slots=True)
class Word:
    """Eight bytes of a stack.

    `frame` is the number of the frame that they belong to, None above all frames; an argument is
    in its caller's frame, and `of` the function whose argument it is. `name` says which part of
    which variable it is. `number` is the value of a variable that is one. `text` is what a string's
    pointer points at, as far as it is read. `linked`, of a saved rbp: whether the chain goes
    through here. `leads_to`, of a word that points into this stack: which frame's.
    """

    address: int
    value: int | None
    kind: Kind
    meaning: Meaning
    frame: int | None = None
    name: str = ""
    of: str = ""
    number: int | bool | None = None
    text: str | None = None
    linked: bool | None = None
    leads_to: int | None = None
    leads_to_name: str = ""  # the variable there
    place: tuple[str, int] | None = None  # of a return address: file and line of the call


@dataclass(frozen=True, slots=True)
class _Use:
    """What a place is for, before anyone has looked at what it holds."""

    kind: Kind
    frame: int | None
    name: str = ""
    of: str = ""
    type: TypeNode | None = None
    shift: int = 0  # bytes of the word before it


_TEXT = 32  # bytes of a string that are read
_NONE, _NUMBER = Meaning("nil"), Meaning("number")
_SHARED = TypeNode("other", 0)  # of a word that several variables share


def words(
    program: Program,
    stack: Stack,
    found: Unwound,
    chain: Chain | None,
    sense: Sense,
    variables: Variables,
    limit: int,
) -> list[Word]:
    """At most `limit` words, in rising addresses from the innermost frame's sp on.

    `found` are the frames of a g with this stack. Unreadable words have no value.
    """
    frames = [(n, f) for n, f in enumerate(found.frames) if not f.inlined and f.sp in stack]
    if not frames:
        return []
    sp = frames[0][1].sp
    count = min((stack.hi - sp) // 8, limit)
    uses = _uses(program, found, frames, chain, variables, range(sp, sp + 8 * count))
    values = _read(program.target, sp, count)
    told = []
    for index, value in enumerate(values):
        address = sp + 8 * index
        use = uses.get(address) or _unnamed(frames, address)
        meaning = sense.of(value) if value is not None else _NONE
        word = Word(address, value, use.kind, meaning, use.frame, use.name, use.of)
        if value is not None:
            following = values[index + 1] if index + 1 < count else None
            word = _look_into(program, word, use, following)
            if value in stack and word.meaning.kind == "stack":
                word = _within(word, value, frames, uses)
        if use.kind == "rbp" and chain and use.frame is not None:
            link = chain.link(use.frame)
            word = replace(word, linked=link is not None and link.linked)
        if use.kind in ("return", "goexit"):
            word = replace(word, place=_call(found, frames, use.frame))
        told.append(word)
    return told


def _uses(
    program: Program,
    found: Unwound,
    frames: Sequence[tuple[int, Frame]],
    chain: Chain | None,
    variables: Variables,
    shown: range,
) -> Mapping[int, _Use]:
    """What the places of each frame are for; places of no known use are left out."""
    uses: dict[int, _Use] = {}
    exact = chain is not None and chain.start.exact
    for place, (number, frame) in enumerate(frames):
        if frame.sp not in shown:
            break
        function = program.symtab.function(frame.pc)
        caller = frames[place + 1][0] if place + 1 < len(frames) else None
        if function is not None and function.args > 0 and not function.topframe:
            for address in range(frame.cfa, min(frame.cfa + function.args, shown.stop), 8):
                uses[address] = _Use("argument", caller, of=function.name)
        exact = exact or (function is not None and frame.pc == function.entry)
        for variable in variables.at(frame.pc if exact else frame.pc - 1):
            at = frame.cfa + variable.offset
            last = min(at + variable.size - 1, shown.stop - 1)
            for address in range(at & ~7, last + 1, 8):
                # a small one may begin within a word, and share it
                inside = max(address - at, 0)
                name, type = part(variable.name, variable.type, variable.start + inside)
                known = uses.get(address)
                if known is not None and known.name and known.name != name:
                    name, type = f"{known.name}, {name}", _SHARED
                owner, of = (caller, frame.function) if at >= frame.cfa else (number, "")
                uses[address] = _Use("variable", owner, name, of, type, max(at - address, 0))
        exact = frame.function in INJECTED
        saves = slot(frame)
        link = chain.link(number) if chain else None
        if saves is not None and ((link and link.linked) or not (function and function.asm)):
            uses[saves] = _Use("rbp", number)
        if function is None or not function.topframe:
            outer = found.frames[caller].function if caller is not None else ""
            kind: Kind = "goexit" if outer == "runtime.goexit" else "return"
            uses[frame.return_slot] = _Use(kind, number)
        elif frame.function == "runtime.goexit":
            # newproc1 leaves a few words above the frame that it forges
            for address in range(frame.sp, shown.stop, 8):
                uses[address] = _Use("above", None)
    return uses


def _unnamed(frames: Sequence[tuple[int, Frame]], address: int) -> _Use:
    owner = _frame_at(frames, address)
    return _Use("above" if owner is None else "local", owner)


def _frame_at(frames: Sequence[tuple[int, Frame]], address: int) -> int | None:
    low, high = 0, len(frames)
    while low < high:
        middle = (low + high) // 2
        if frames[middle][1].cfa <= address:
            low = middle + 1
        else:
            high = middle
    return frames[low][0] if low < len(frames) and frames[low][1].sp <= address else None


def _read(memory: Memory, start: int, count: int) -> list[int | None]:
    """`count` words; those that cannot be read are None."""
    try:
        return list(struct.unpack(f"<{count}Q", memory.read(start, 8 * count)))
    except Unreadable:
        if count <= 1:
            return [None] * count
    half = count // 2
    return [*_read(memory, start, half), *_read(memory, start + 8 * half, count - half)]


def _look_into(program: Program, word: Word, use: _Use, following: int | None) -> Word:
    """A variable's value in its own terms: a number, a string's text, else what it points at."""
    type, value = use.type, word.value
    if type is None or value is None:
        return word
    if type.kind in ("int", "uint", "bool") and (type.kind != "uint" or type.size < 8):
        number = value >> 8 * use.shift & (1 << 8 * type.size) - 1
        if type.kind == "int" and number >> 8 * type.size - 1:
            number -= 1 << 8 * type.size
        number = bool(number) if type.kind == "bool" else number
        return replace(word, number=number, meaning=_NUMBER)
    if type.kind != "uint":
        return replace(word, meaning=_NUMBER)
    if use.name.endswith(".str") and following:
        try:
            data = program.target.read(value, min(following, _TEXT))
        except Unreadable:
            return word
        text = data.decode("utf-8", "replace")
        return replace(word, text=text + ("…" if following > _TEXT else ""))
    return word


def _within(
    word: Word, value: int, frames: Sequence[tuple[int, Frame]], uses: Mapping[int, _Use]
) -> Word:
    """A word that points into its own stack: at which frame, at which variable."""
    there = uses.get(value & ~7)
    owner = there.frame if there else _frame_at(frames, value)
    return replace(word, leads_to=owner, leads_to_name=there.name if there else "")


def _call(
    found: Unwound, frames: Sequence[tuple[int, Frame]], number: int | None
) -> tuple[str, int] | None:
    """File and line of the call that the frame of this number will return to."""
    if number is None or number + 1 >= len(found.frames):
        return None
    caller = found.frames[number + 1]  # with inlining, the innermost of its calls
    return caller.file, caller.line
