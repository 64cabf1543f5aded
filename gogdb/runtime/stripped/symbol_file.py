"""What a debugger can learn of a stripped program, as the contents of a separate debug file."""

from __future__ import annotations

from typing import NamedTuple

from gogdb.inferior.arch import Arch
from gogdb.inferior.debug_file import debug_file
from gogdb.runtime.stripped.frame_table import frame_table
from gogdb.runtime.stripped.linked_functions import linked_functions
from gogdb.runtime.stripped.symbol_list import list_symbols
from gogdb.runtime.stripped.table import RecoveredTable

__all__ = ["SymbolFile", "symbol_file"]


class SymbolFile(NamedTuple):
    """The contents of an ELF file, and how many functions and variables it names."""

    contents: bytes
    functions: int
    variables: int


def symbol_file(table: RecoveredTable, arch: Arch) -> SymbolFile:
    """Return a file with the symbols of a program, and where its functions keep return addresses.

    The variables are those that memory has not refuted.
    """
    module = table.functions.modules[0]
    functions = linked_functions(module)
    listed = list_symbols(table, functions)
    symbols = [*listed.functions, *listed.variables]
    frames = frame_table(module.tables, functions, arch)
    contents = debug_file(table.file.elf, listed.strings, symbols, {".debug_frame": frames})
    return SymbolFile(contents, len(listed.functions), len(listed.variables))
