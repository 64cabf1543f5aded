"""The output of `info scope` of GDB 13.1 and 18.1 for programs of Go 1.19 to 1.27."""

from __future__ import annotations

from gogdb.gdbhost.info_scope import Piece, parse_scope

OPTIMISED = """\
Scope for *0x49ad70:
Symbol s is multi-location:
  Base address 0x49ad00  Range 0x49ad00-0x49ad5b: a variable in $rax [8-byte piece], \
and a variable in $rbx [8-byte piece]
  Range 0x49ad5b-0x49ad6a: a complex DWARF expression:
     0: DW_OP_call_frame_cfa
    [8-byte piece], and a complex DWARF expression:
     0: DW_OP_fbreg 8
    [8-byte piece]
  Range 0x49ad6a-0x49ae5a: an empty 8-byte piece, and a complex DWARF expression:
     0: DW_OP_fbreg 8
    [8-byte piece]
, length 16.
Symbol ch is multi-location:
  Base address 0x49ad00  Range 0x49ad00-0x49ad59: a variable in $rcx
  Range 0x49ad59-0x49ae5a: a complex DWARF expression:
     0: DW_OP_fbreg -24

, length 8.
Symbol ~r0 is optimized out.
Symbol err.itab is a complex DWARF expression:
     0: DW_OP_fbreg -8032
, length 8.
"""


def test_variables_with_several_locations() -> None:
    itab = Piece("err.itab", -8032, 8, 0, False)
    assert list(parse_scope(OPTIMISED, 0x49AD00)) == [itab]
    assert list(parse_scope(OPTIMISED, 0x49AD5A)) == [Piece("ch", -24, 8, 0, False), itab]
    assert list(parse_scope(OPTIMISED, 0x49AD5B)) == [
        Piece("s", 0, 8, 0, False),
        Piece("s", 8, 8, 8, False),
        Piece("ch", -24, 8, 0, False),
        itab,
    ]
    assert next(parse_scope(OPTIMISED, 0x49AE59)) == Piece("s", 8, 8, 8, False)
    assert list(parse_scope(OPTIMISED, 0x49AE5A)) == [itab]


def test_variables_with_one_location() -> None:
    text = """Scope for main.f:
Symbol here is a complex DWARF expression:
     0: DW_OP_fbreg -8128
, length 16.
Symbol &moved is a complex DWARF expression:
     0: DW_OP_fbreg -48
, length 8.
Symbol moved is a complex DWARF expression:
     0: DW_OP_fbreg -56
     3: DW_OP_deref
, length 800.
Symbol count is static storage at address 0x5287a0, length 8.
Symbol high is constant 3.
Symbol reg is a variable in $rcx, length 8.
Symbol odd is a complex DWARF expression:
     0: DW_OP_breg7 16 [$rsp]
, length 8.
"""
    assert list(parse_scope(text, 0x401000)) == [
        Piece("here", -8128, 16, 0, False),
        Piece("&moved", -48, 8, 0, False),
        Piece("moved", -56, 800, 0, True),
    ]


def test_a_scope_without_variables() -> None:
    nothing = "Symbol table for `x' not found\nScope for *0x1234 contains no locals or arguments.\n"
    assert list(parse_scope(nothing, 0x1234)) == []
    assert list(parse_scope("", 0)) == []
