"""What each place in a stack's frames is for, before anyone looks at what stands there.

Return addresses, saved rbps and the room for arguments follow from the frames and from the
functions' own records; variables from the debug information.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gogdb.inferior.layout import TypeNode
from gogdb.inferior.variables import Variable, Variables, part
from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.runtime.program import Program
from gogdb.runtime.symtab import INJECTED, Function
from gogdb.runtime.unwind import Frame, Unwound

__all__ = ["Kind", "Place", "Places", "places"]

Kind = Literal[
    "return",  # the address where the frame's caller goes on
    "goexit",  # the return address that newproc1 forged, under every goroutine
    "rbp",  # the caller's rbp
    "variable",  # an argument, a result or a local
    "argument",  # room for arguments and results of the frame further in, of no known name
    "local",  # of no known name: a spilled register, a temporary, room not in use
    "above",  # beyond the outermost frame
]

_GOEXIT = "runtime.goexit"
_SHARED = TypeNode("other", 0)  # of a word that several variables share


@dataclass(frozen=True, slots=True)
class Place:
    """One word's purpose.

    `frame` is the number of the frame that it is in, None above all frames; an argument is in its
    caller's, and `of` is the function whose argument it is. `name` says which part of which
    variable it is, `type` that part's type, `shift` how many bytes of the word come before it.
    """

    kind: Kind
    frame: int | None
    name: str = ""
    of: str = ""
    type: TypeNode | None = None
    shift: int = 0


@dataclass(frozen=True)
class Places:
    """The places of one stack; `frames` are the compiled ones with their numbers."""

    frames: Sequence[tuple[int, Frame]]
    known: dict[int, Place] = field(default_factory=dict)

    def at(self, address: int) -> Place:
        known = self.known.get(address & ~7)
        if known is not None:
            return known
        owner = self._frame_at(address)
        return Place("above" if owner is None else "local", owner)

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


def places(
    program: Program,
    found: Unwound,
    frames: Sequence[tuple[int, Frame]],
    chain: FramePointerChain | None,
    variables: Variables,
    shown: range,
) -> Places:
    """The places of `frames`, numbered as in `found`, as far as they lie in `shown`."""
    told = Places(frames)
    exact = chain is not None and chain.start.exact
    for index, (number, frame) in enumerate(frames):
        if frame.sp not in shown:
            break
        function = program.symtab.function(frame.pc)
        caller = frames[index + 1][0] if index + 1 < len(frames) else None
        exact = exact or (function is not None and frame.pc == function.entry)
        within = variables.at(frame.pc if exact else frame.pc - 1)
        exact = frame.function in INJECTED  # then its caller stands at its exact pc
        told.known.update(_arguments(frame, function, caller, shown))
        for variable in within:
            _name(told.known, variable, number, caller, frame, shown)
        told.known.update(_links(found, number, frame, caller, function, chain))
        if function is not None and function.topframe and function.name == _GOEXIT:
            # newproc1 leaves a few words above the frame that it forges
            above = Place("above", None)
            told.known.update((at, above) for at in range(frame.sp, shown.stop, 8))
    return told


def _arguments(
    frame: Frame, function: Function | None, caller: int | None, shown: range
) -> Iterator[tuple[int, Place]]:
    """A function's arguments, results and the room to spill registers, all above its frame."""
    if function is not None and function.args > 0 and not function.topframe:
        for address in range(frame.cfa, min(frame.cfa + function.args, shown.stop), 8):
            yield address, Place("argument", caller, of=function.name)


def _name(
    known: dict[int, Place],
    variable: Variable,
    number: int,
    caller: int | None,
    frame: Frame,
    shown: range,
) -> None:
    """Give the words of a variable their names."""
    start = frame.cfa + variable.offset
    stop = min(start + variable.size, shown.stop)
    owner, of = (caller, frame.function) if start >= frame.cfa else (number, "")
    for address in range(start & ~7, stop, 8):
        # one that is smaller than a word may begin within it, and share it
        inside = max(address - start, 0)
        name, type = part(variable.name, variable.type, variable.start + inside)
        before = known.get(address)
        if before is not None and before.name and before.name != name:
            name, type = f"{before.name}, {name}", _SHARED
        known[address] = Place("variable", owner, name, of, type, max(start - address, 0))


def _links(
    found: Unwound,
    number: int,
    frame: Frame,
    caller: int | None,
    function: Function | None,
    chain: FramePointerChain | None,
) -> Iterator[tuple[int, Place]]:
    """Where a frame keeps what leads to its caller."""
    saved, link = frame.fp_slot, chain.link(number) if chain else None
    linked = link is not None and link.linked
    if saved is not None and (linked or not (function and function.asm)):
        yield saved, Place("rbp", number)
    if function is None or not function.topframe:
        outer = found.frames[caller].function if caller is not None else ""
        if frame.return_slot is not None:
            yield frame.return_slot, Place("goexit" if outer == _GOEXIT else "return", number)
