"""What a debugger can learn of a stripped program, as the contents of a separate debug file."""

from __future__ import annotations

from typing import NamedTuple

from gogdb.inferior.arch import Arch
from gogdb.inferior.debug_file import debug_file
from gogdb.runtime.stripped.frame_table import frame_table
from gogdb.runtime.stripped.line_table import line_table
from gogdb.runtime.stripped.linked_functions import linked_functions
from gogdb.runtime.stripped.symbol_list import found_variables, list_symbols
from gogdb.runtime.stripped.table import RecoveredTable

__all__ = ["Counts", "counts", "line_file", "symbol_file"]


class Counts(NamedTuple):
    """How many functions and variables a debugger can learn by name."""

    functions: int
    variables: int


def counts(table: RecoveredTable) -> Counts:
    """Return how much a `symbol_file` has."""
    functions = linked_functions(table.functions.modules[0])
    return Counts(len(functions), len(found_variables(table)))


def symbol_file(table: RecoveredTable, arch: Arch) -> bytes:
    """Return a file with the symbols of a program, and where its functions keep return addresses.

    The variables are those that memory has not refuted.
    """
    module = table.functions.modules[0]
    functions = linked_functions(module)
    strings, symbols = list_symbols(table, functions)
    frames = frame_table(module.tables, functions, arch)
    return debug_file(table.file.elf, strings, symbols, {".debug_frame": frames})


def line_file(table: RecoveredTable, arch: Arch) -> bytes:
    """Return a file with the source lines of the functions."""
    module = table.functions.modules[0]
    sections = line_table(module.tables, linked_functions(module), arch.pc_quantum)
    return debug_file(table.file.elf, b"\0", (), sections)
