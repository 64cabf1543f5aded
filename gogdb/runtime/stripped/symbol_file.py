"""What a debugger can learn of a stripped program, as the contents of a separate debug file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior.arch import Arch
from gogdb.inferior.debug_file import debug_file
from gogdb.runtime.pclntab import Pclntab
from gogdb.runtime.stripped.frame_table import frame_table
from gogdb.runtime.stripped.line_table import line_table
from gogdb.runtime.stripped.linked_functions import LinkedFunction, linked_functions
from gogdb.runtime.stripped.symbol_list import found_variables, list_symbols
from gogdb.runtime.stripped.table import RecoveredTable

__all__ = ["Counts", "counts", "line_file", "symbol_file"]


class Counts(NamedTuple):
    """How many functions and variables a debugger can learn by name."""

    functions: int
    variables: int


def counts(table: RecoveredTable) -> Counts:
    """Return how much a `symbol_file` has. Raises `GogdbError` if no function can be read."""
    _, functions = _module(table)
    return Counts(len(functions), len(found_variables(table)))


def symbol_file(table: RecoveredTable, arch: Arch) -> tuple[bytes, Counts]:
    """Return a file with the symbols of a program, and where its functions keep return addresses.

    With it, how much it has. The variables are those that memory has not refuted. Raises
    `GogdbError` as `counts`.
    """
    tables, functions = _module(table)
    strings, symbols = list_symbols(table, functions)
    frames = frame_table(tables, functions, arch)
    contents = debug_file(table.file.elf, strings, symbols, {".debug_frame": frames})
    return contents, Counts(len(functions), len(symbols) - len(functions))


def line_file(table: RecoveredTable, arch: Arch) -> bytes:
    """Return a file with the source lines of the functions. Raises `GogdbError` as `counts`."""
    tables, functions = _module(table)
    sections = line_table(tables, functions, arch.pc_quantum)
    return debug_file(table.file.elf, b"\0", (), sections)


def _module(table: RecoveredTable) -> tuple[Pclntab, Sequence[LinkedFunction]]:
    """Return the tables of a program and its functions. Raises `GogdbError` without functions."""
    modules = table.functions.modules
    if functions := linked_functions(modules[0]) if modules else ():
        return modules[0].tables, functions
    problem = next(iter(table.functions.problems), "they have no functions")
    raise GogdbError(f"the tables of {table.file.elf.path} are damaged", problem)
