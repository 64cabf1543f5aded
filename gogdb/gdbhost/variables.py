"""The variables of a frame that is none of GDB's, from the debug information."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import gdb

from gogdb.gdbhost.gdb_text import ask
from gogdb.gdbhost.info_scope import places
from gogdb.gdbhost.layouts import DebugInfoLayouts
from gogdb.inferior.layout import TypeNode
from gogdb.inferior.variables import Variable

__all__ = ["DebugInfoVariables"]

_POINTER = TypeNode("uint", 8)


class DebugInfoVariables:
    """`Variables` over `info scope`; each pc is asked once.

    GDB reads the whole compilation unit of every function that it is asked about: this is for the
    frames of one goroutine.
    """

    def __init__(self) -> None:
        self._layouts = DebugInfoLayouts()
        self._at: dict[int, tuple[Variable, ...]] = {}

    def at(self, pc: int) -> Sequence[Variable]:
        if pc not in self._at:
            try:
                self._at[pc] = tuple(self._variables(pc))
            except (gdb.error, RuntimeError):  # block_for_pc: the pc is in no function of the file
                self._at[pc] = ()
        return self._at[pc]

    def _variables(self, pc: int) -> Iterator[Variable]:
        for where, types in _scopes(pc):
            for piece in places(ask(f"info scope *{where:#x}"), pc):
                kind = types.get(piece.name)
                node = self._layouts.node(kind) if kind is not None else None
                name, size = piece.name, piece.size
                if piece.deref:
                    name, size, node = f"&{name}", 8, _POINTER
                yield Variable(name, piece.offset, size, piece.start, node)


def _scopes(pc: int) -> Iterator[tuple[int, dict[str, gdb.Type | None]]]:
    """For each function at `pc`, inlined ones first: an address to ask for, types by name.

    `info scope` goes outwards from the innermost block as far as the first function, and an
    inlined one is one; the others are asked for by where a block of their own begins.
    """
    block = gdb.block_for_pc(pc)
    innermost = True
    while block is not None and not (block.is_static or block.is_global):
        blocks = [block]
        while blocks[-1].function is None and blocks[-1].superblock is not None:
            blocks.append(blocks[-1].superblock)
        types = {str(symbol.name): symbol.type for one in reversed(blocks) for symbol in one}
        if innermost:
            yield pc, types
        elif (start := next(filter(None, map(_start, blocks)), None)) is not None:
            yield start, types
        block, innermost = blocks[-1].superblock, False


def _start(block: gdb.Block) -> int | None:
    """The beginning of a block, if no other block begins there."""
    there = gdb.block_for_pc(block.start)
    same = there is not None and (there.start, there.end) == (block.start, block.end)
    return block.start if same else None
