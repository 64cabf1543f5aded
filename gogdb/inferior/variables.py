"""Variables in stack frames, and the names of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gogdb.inferior.layout import TypeNode

__all__ = ["Variable", "Variables", "part"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, or a piece of one, that is in memory at one instruction."""

    name: str
    offset: int  # bytes from the CFA (SP before the call): arguments from 0 up, locals below
    size: int  # bytes of the piece
    start: int = 0  # bytes of the variable before the piece
    type: TypeNode | None = None


class Variables(Protocol):
    """The source of variables: debug information."""

    def at(self, pc: int) -> Sequence[Variable]:
        """Return the variables in scope at an instruction, with those of inlined calls.

        Empty if there is no information about the instruction.
        """


def part(name: str, type: TypeNode | None, offset: int) -> tuple[str, TypeNode | None]:
    """Return the part of a variable at `offset` bytes, such as "s.len" or "queue[3]", and its type.

    The type is None if `offset` is within a part that has no parts of its own.
    """
    while type is not None:
        if type.kind == "array" and type.element is not None and type.element.size:
            index, offset = divmod(offset, type.element.size)
            name, type = f"{name}[{index}]", type.element
        elif type.kind == "struct":
            inside = [m for m in type.members if m[1] <= offset < m[1] + m[2].size]
            if not inside:
                break
            member, at, type = inside[-1]
            name, offset = f"{name}.{member}", offset - at
        else:
            break
    if offset:
        return f"{name}+{offset}", None
    return name, type
