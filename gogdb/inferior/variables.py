"""Where a function's variables lie in its frame, and what each word of them is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gogdb.inferior.layout import TypeNode

__all__ = ["Variable", "Variables", "part"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, or the piece of one, that lies in memory at one instruction.

    Its bytes from `start` on, `size` of them, lie `offset` bytes from the CFA, which is SP as it
    was before the call: arguments at 0 and above, locals below.
    """

    name: str
    offset: int
    size: int
    start: int = 0
    type: TypeNode | None = None


class Variables(Protocol):
    """Where variables come from: the debug information."""

    def at(self, pc: int) -> Sequence[Variable]:
        """The variables in scope at an instruction, those of calls inlined there included.

        Empty where nothing tells of any.
        """


def part(name: str, type: TypeNode | None, offset: int) -> tuple[str, TypeNode | None]:
    """What lies `offset` bytes into a variable: "s.len", "point.x", "queue[3]"; and its type.

    The type is None inside of what has no parts.
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
