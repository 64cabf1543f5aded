"""Every function of a module, in the order of their code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gogdb.runtime.moduledata import Module
from gogdb.runtime.pclntab import FuncRecord

__all__ = ["LinkedFunction", "linked_functions"]


class LinkedFunction(NamedTuple):
    """A function at `entry`, and what the pclntab has of it."""

    entry: int
    record: FuncRecord


def linked_functions(module: Module) -> Sequence[LinkedFunction]:
    """Return the functions of a module; those whose records are damaged are left out."""
    tables, text = module.tables, module.text
    found = []
    for index in range(len(tables)):
        record, entry = tables.record(index), text + tables.entries[index]
        named = 0 <= record.name_offset < len(tables.names)
        if named and module.minpc <= entry < entry + record.size <= module.maxpc:
            found.append(LinkedFunction(entry, record))
    return found
