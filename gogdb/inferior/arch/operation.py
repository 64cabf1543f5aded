"""What one instruction does, as far as gogdb follows the disassembler's text."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Operand", "Operation"]


class Operand(NamedTuple):
    """A register, a place in memory, or anything else, of which only the text is known."""

    text: str = ""  # as the debugger writes it, without marks such as % and $
    register: str = ""  # the register of full width that this is, or is a part of
    whole: bool = False  # it is the register of full width
    base: str = ""  # in memory: the register that holds the address, …
    offset: int = 0  # … and what is added to it, in bytes
    thread_local: bool = False  # in memory relative to the thread pointer, …
    tls_offset: int | None = None  # … in bytes; None: the offset is in a register


class Operation(NamedTuple):
    """An instruction. Of an operation without a destination `source` is the only operand."""

    kind: Literal["move", "jump", "transfer", "other"]  # "transfer": call, return, system call
    source: Operand = Operand()
    destination: Operand = Operand()
    writes: frozenset[str] | None = frozenset()  # registers of full width; None: any of them
    target: int | None = None  # address that a direct jump goes to
