"""Call frame information for GDB, made from pcsp tables that are assembled here."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gogdb.inferior.arch.amd64 import AMD64
from gogdb.runtime.stripped.frame_table import frame_table
from gogdb.runtime.symtab import TOP_FRAME
from tests.support.pc_tables import PcTables

NAMES = b"main.f\0runtime.goexit\0runtime.sigtramp\0runtime.sigreturn__sigaction\0"
CIE = bytes.fromhex("ffffffff 03 00 01 78 10 0c0708 9001")  # CFA is rsp+8, rip is at CFA-8


def frames(section: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield (address, size, instructions) of the functions, without the padding behind them."""
    (length,) = struct.unpack_from("<I", section)
    assert section[4 : 4 + length].rstrip(b"\0") == CIE
    section = section[4 + length :]
    while section:
        length, cie, address, size = struct.unpack_from("<IIQQ", section)
        assert cie == 0
        assert length % 8 == 4
        yield address, size, section[24 : 4 + length].rstrip(b"\0").hex()
        section = section[4 + length :]


def test_rules_follow_the_table() -> None:
    tables = PcTables(NAMES, b"", ())
    deltas = [(4, 0), (5, 8), (90, 0x208), (700, 8), (70_001, 0)]
    tables.add(0x1000, 70_016, name=b"main.f", sp_deltas=deltas)
    (frame,) = frames(frame_table(tables.pclntab(), tables.functions, AMD64))
    address, size, instructions = frame
    assert (address, size) == (0x1000, 70_001)  # without the padding
    assert instructions == (
        "44 0e10"  # after 4 bytes the CFA is rsp+16
        " 41 0e9004"  # 1 byte later rsp+0x210
        " 0255 0e10"  # 85 bytes
        " 036202 0e08"  # 610 bytes
    ).replace(" ", "")


def test_nothing_has_called_a_top_frame_except_a_signal() -> None:
    tables = PcTables(NAMES, b"", ())
    for number, name in enumerate(NAMES.split(b"\0")[:-1]):
        flag = TOP_FRAME if name in (b"runtime.goexit", b"runtime.sigtramp") else 0
        tables.add(0x1000 + 32 * number, 32, name=name, sp_deltas=[(20, 0)], flag=flag)
    found = list(frames(frame_table(tables.pclntab(), tables.functions, AMD64)))
    # sigreturn__sigaction is left to GDB
    assert found == [(0x1000, 20, ""), (0x1020, 20, "0710"), (0x1040, 20, "")]


def test_stack_ends_where_a_function_switches_to_another() -> None:
    tables = PcTables(b"main.f\0runtime.mcall\0", b"", ())
    tables.add(0x1000, 32, name=b"runtime.mcall", sp_deltas=[(1, 0), (20, 8)])
    (frame,) = frames(frame_table(tables.pclntab(), tables.functions, AMD64))
    # At its entry it is a function like others; one byte later the CFA is rsp+16
    assert frame == (0x1000, 20, "41 0710 0e10".replace(" ", ""))


def test_functions_without_a_table_have_no_frames() -> None:
    tables = PcTables(NAMES, b"", ())
    tables.add(0x1000, 32, name=b"main.f", sp_deltas=[(40, 0)])  # beyond its end
    (function,) = tables.functions
    tables.functions.append(function._replace(record=function.record._replace(pcsp=0)))
    assert list(frames(frame_table(tables.pclntab(), tables.functions, AMD64))) == []
