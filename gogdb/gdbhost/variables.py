"""`Variables` from debug information, for frames that GDB itself does not unwind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import gdb

from gogdb.gdbhost import process
from gogdb.gdbhost.gdb_text import execute_in_c
from gogdb.gdbhost.info_scope import parse_scope
from gogdb.gdbhost.layouts import DebugInfoLayouts
from gogdb.inferior.layout import TypeNode
from gogdb.inferior.variables import Variable

__all__ = ["DebugInfoVariables"]

_POINTER = TypeNode("uint", 8)


class DebugInfoVariables:
    """Variables by `info scope`; each pc is looked up once.

    GDB reads the whole compilation unit of a function, so this is for the frames of a few
    goroutines, not of all.
    """

    def __init__(self) -> None:
        self._layouts = DebugInfoLayouts()
        self._at: dict[int, tuple[Variable, ...]] = {}

    def at(self, pc: int) -> Sequence[Variable]:
        if pc not in self._at:
            try:
                self._at[pc] = tuple(self._variables(pc))
            except (gdb.error, RuntimeError) as error:  # block_for_pc: no function contains this pc
                process.check(error)
                self._at[pc] = ()
        return self._at[pc]

    def _variables(self, pc: int) -> Iterator[Variable]:
        for where, types in _scopes(pc):
            for piece in parse_scope(execute_in_c(f"info scope *{where:#x}"), pc):
                type = types.get(piece.name)
                node = self._layouts.node(type) if type is not None else None
                name, size = piece.name, piece.size
                if piece.deref:
                    name, size, node = f"&{name}", 8, _POINTER
                yield Variable(name, piece.offset, size, piece.start, node)


def _scopes(pc: int) -> Iterator[tuple[int, dict[str, gdb.Type | None]]]:
    """Yield an address for `info scope` and types by name for each function at `pc`, inner first.

    `info scope` lists blocks outwards up to the first function, which may be an inlined one. The
    functions around it are reached through the start of a block of their own.
    """
    block = gdb.block_for_pc(pc)
    innermost = True
    while block is not None and not (block.is_static or block.is_global):
        blocks = [block]
        while blocks[-1].function is None and blocks[-1].superblock is not None:
            blocks.append(blocks[-1].superblock)
        types = {str(symbol.name): symbol.type for inner in reversed(blocks) for symbol in inner}
        if innermost:
            yield pc, types
        elif (start := next(filter(None, map(_unique_start, blocks)), None)) is not None:
            yield start, types
        block, innermost = blocks[-1].superblock, False


def _unique_start(block: gdb.Block) -> int | None:
    """Return where a block begins, or None if an inner block begins there too."""
    innermost = gdb.block_for_pc(block.start)
    if innermost is None or (innermost.start, innermost.end) != (block.start, block.end):
        return None
    return block.start
