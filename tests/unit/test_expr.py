"""The block of GDB commands that --expr shows."""

from __future__ import annotations

from gogdb.view.doc.document import Code, Note
from gogdb.view.expr import Expr, GdbCommand

COMMANDS = [GdbCommand("p 'runtime.allglen'", "4", untyped=True), GdbCommand("p m.g0", "0x10")]


def notes(expr: Expr) -> list[str]:
    code, *notes = expr.block(COMMANDS)
    assert isinstance(code, Code)
    return [note.text for note in notes if isinstance(note, Note)]


def test_a_program() -> None:
    assert notes(Expr(has_debug_info=True, is_one_of_several=False)) == []


def test_without_debug_information() -> None:
    (note,) = notes(Expr(has_debug_info=False, is_one_of_several=False))
    assert note.startswith("no debug information (-ldflags=-w)")


def test_several_files_with_go_code() -> None:
    (note,) = notes(Expr(has_debug_info=True, is_one_of_several=True))
    assert note.startswith("several files have Go code: GDB may find a variable of that name in an")
