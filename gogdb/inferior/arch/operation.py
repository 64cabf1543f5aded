"""What one instruction does, as far as gogdb understands the disassembler's text."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Operand", "Operation"]


class Operand(NamedTuple):
    """A register, a place in memory, or anything else, which has only a text."""

    text: str = ""  # as the debugger writes it, without marks such as % and $
    register: str = ""  # the full-width register that this is, or is a part of
    whole: bool = False  # it is the full-width register
    base: str = ""  # in memory: the register that holds the address, …
    offset: int = 0  # … and what is added to it, in bytes
    thread_local: bool = False  # in memory relative to the thread pointer, …
    tls_offset: int | None = None  # … in bytes; None: the offset is in a register


class Operation(NamedTuple):
    """An instruction. Without a destination, `source` is the only operand."""

    kind: Literal["move", "jump", "transfer", "other"]  # "transfer": call, return, system call
    source: Operand = Operand()
    destination: Operand = Operand()
    writes: frozenset[str] | None = frozenset()  # full-width registers; None: perhaps any
    target: int | None = None  # address that a direct jump goes to
