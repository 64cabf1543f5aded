"""What each word in a stack's frames is for, independent of the value that it holds.

Return addresses, saved frame pointers and room for arguments follow from the frames and the
functions' own records; variables come from debug information.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gogdb.inferior.layout import TypeNode
from gogdb.inferior.variables import Variable, Variables, part
from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.runtime.program import Program
from gogdb.runtime.symtab import INJECTED, Function
from gogdb.runtime.unwind import Frame, Unwound

__all__ = ["FrameSlots", "Slot", "SlotKind", "frame_slots"]

SlotKind = Literal[
    "return",  # return address of the frame
    "goexit",  # the return address into goexit that newproc1 forges under every goroutine
    "saved-fp",  # the caller's frame pointer
    "variable",  # argument, result or local
    "argument",  # room for arguments and results of the callee, name unknown
    "local",  # name unknown: spilled register, temporary, unused
    "above",  # beyond the outermost frame
]

_GOEXIT = "runtime.goexit"
_SHARED = TypeNode("other", 0)  # type of a word that several variables share


@dataclass(frozen=True, slots=True)
class Slot:
    """The purpose of one 8-byte word of a stack."""

    kind: SlotKind
    frame: int | None  # index of the frame that it is in; None: above all frames
    name: str = ""  # of the variable, or of the part of it that is here
    argument_of: str = ""  # the function whose argument it is; arguments are in the caller's frame
    type: TypeNode | None = None  # of what `name` names
    shift: int = 0  # bytes of the word before it


@dataclass(frozen=True)
class FrameSlots:
    """The slots of one stack; `frames` are its frames without inlined ones, with their indices."""

    frames: Sequence[tuple[int, Frame]]
    slots: Mapping[int, Slot]  # by address; `at` gives the others

    def at(self, address: int) -> Slot:
        """Return the slot that contains `address`."""
        slot = self.slots.get(address & ~7)
        if slot is not None:
            return slot
        index = self._frame_at(address)
        return Slot("above" if index is None else "local", index)

    def _frame_at(self, address: int) -> int | None:
        low, high = 0, len(self.frames)
        while low < high:
            middle = (low + high) // 2
            if self.frames[middle][1].cfa <= address:
                low = middle + 1
            else:
                high = middle
        inside = low < len(self.frames) and self.frames[low][1].sp <= address
        return self.frames[low][0] if inside else None


def frame_slots(
    program: Program,
    unwound: Unwound,
    frames: Sequence[tuple[int, Frame]],
    chain: FramePointerChain | None,
    variables: Variables,
    addresses: range,
) -> FrameSlots:
    """Return the slots of `frames` within `addresses`.

    `frames` are those of `unwound` that are not inlined, with their indices.
    """
    slots: dict[int, Slot] = {}
    exact = chain is not None and chain.start.exact
    for place, (index, frame) in enumerate(frames):
        if frame.sp not in addresses:
            break
        function = program.symtab.function(frame.pc)
        caller = frames[place + 1][0] if place + 1 < len(frames) else None
        exact = exact or (function is not None and frame.pc == function.entry)
        in_scope = variables.at(frame.pc if exact else frame.pc - 1)
        exact = frame.function in INJECTED  # its caller was interrupted: its pc is exact
        slots.update(_arguments(frame, function, caller, addresses))
        for variable in in_scope:
            _add_variable(slots, variable, index, caller, frame, addresses)
        slots.update(_links(unwound, index, frame, caller, function, chain))
        if function is not None and function.topframe and function.name == _GOEXIT:
            # newproc1 leaves a few words unused above the frame that it forges
            above = Slot("above", None)
            slots.update((address, above) for address in range(frame.sp, addresses.stop, 8))
    return FrameSlots(frames, slots)


def _arguments(
    frame: Frame, function: Function | None, caller: int | None, addresses: range
) -> Iterator[tuple[int, Slot]]:
    """Yield the arguments, results and register spill area of a function, above its frame."""
    if function is not None and function.args > 0 and not function.topframe:
        for address in range(frame.cfa, min(frame.cfa + function.args, addresses.stop), 8):
            yield address, Slot("argument", caller, argument_of=function.name)


def _add_variable(
    slots: dict[int, Slot],
    variable: Variable,
    index: int,
    caller: int | None,
    frame: Frame,
    addresses: range,
) -> None:
    """Add the slots of a variable of the frame at `index`."""
    start = frame.cfa + variable.offset
    stop = min(start + variable.size, addresses.stop)
    owner, argument_of = (caller, frame.function) if start >= frame.cfa else (index, "")
    for address in range(start & ~7, stop, 8):
        # a variable smaller than a word may start within it, and share it with others
        inside = max(address - start, 0)
        name, type = part(variable.name, variable.type, variable.start + inside)
        before = slots.get(address)
        if before is not None and before.name and before.name != name:
            name, type = f"{before.name}, {name}", _SHARED
        slots[address] = Slot("variable", owner, name, argument_of, type, max(start - address, 0))


def _links(
    unwound: Unwound,
    index: int,
    frame: Frame,
    caller: int | None,
    function: Function | None,
    chain: FramePointerChain | None,
) -> Iterator[tuple[int, Slot]]:
    """Yield the slots that lead from a frame to its caller."""
    link = chain.link(index) if chain else None
    linked = link is not None and link.linked
    if frame.fp_slot is not None and (linked or not (function and function.asm)):
        yield frame.fp_slot, Slot("saved-fp", index)
    if frame.return_slot is not None and (function is None or not function.topframe):
        outer = unwound.frames[caller].function if caller is not None else ""
        yield frame.return_slot, Slot("goexit" if outer == _GOEXIT else "return", index)
