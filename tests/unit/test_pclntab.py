"""The tables of pcs and values of a module."""

from __future__ import annotations

import pytest

from gogdb.runtime.pclntab import FuncRecord, Pclntab


@pytest.mark.parametrize("quantum", [1, 4])
def test_pcs_in_tables_are_in_units_of_the_quantum(quantum: int) -> None:
    # 9 up to pc 8 units, then 25: pairs of a zigzag difference from -1 and of a pc difference
    pctab = bytes((0, 2 * 10, 8, 2 * 16, 2, 0))
    empty = dict.fromkeys(("functions", "ftab", "names", "compile_units", "files"), b"")
    tables = Pclntab(0xFFFFFFF1, quantum, **empty, pctab=pctab)
    pcs = (0, 8 * quantum - 1, 8 * quantum, 10 * quantum - 1, 10 * quantum)
    record = FuncRecord._make([*[0] * 11, 10 * quantum])
    assert [tables.value(record, 1, pc) for pc in pcs] == [9, 9, 25, 25, -1]
    assert [tables.start(record, 1, pc) for pc in pcs] == [0, 0, 8 * quantum, 8 * quantum, 0]
