"""go-gobuf: the words that gogo would load, beside the registers, and what each one is."""

from __future__ import annotations

from collections.abc import Mapping

from gogdb.runtime.meaning import Meaning
from gogdb.runtime.model import G, Gobuf
from gogdb.view.doc import Cell, Column, Table
from gogdb.view.words import address, hexed, meaning

__all__ = ["LOADS", "as_json", "table", "words"]

# What gogo does with each word (asm_amd64.s)
LOADS = {"sp": "rsp", "pc": "rip", "g": "r14, TLS", "ctxt": "rdx", "bp": "rbp", "ret": "rax"}
LIVE = LOADS | {"g": "r14"}


def words(gobuf: Gobuf) -> dict[str, int]:
    """The words of a gobuf by field, those that this Go release has."""
    return {field: word for field in LOADS if (word := getattr(gobuf, field)) is not None}


def table(
    g: G, meanings: Mapping[str, Meaning], registers: Mapping[str, int] | None, title: str = ""
) -> Table:
    """A gobuf word by word; `registers` are the thread's, when it is on a CPU.

    Of g0's only sp is ever loaded, by mcall and systemstack, but when its thread ends.
    """
    columns = [
        Column("gobuf", keep=9),
        Column("value", "right", 9),
        Column("what it is", keep=8),
        Column("loads", keep=6),
    ]
    rows = []
    found = words(g.sched)
    for field, value in found.items():
        register = "" if g.system and field != "sp" else LOADS[field]
        what = meaning(meanings[field]) if value else ""
        rows.append([Cell(field, field, "strong"), address(value), Cell(what), Cell(register)])
    if registers is not None:
        columns.append(Column("now", "right", 7))
        for row, field in zip(rows, found, strict=True):
            row.append(address(registers[LIVE[field]]))
    return Table(columns, rows, title=title)


def as_json(
    g: G, meanings: Mapping[str, Meaning], returns_to: tuple[int, int] | None
) -> dict[str, object]:
    """One gobuf; `function` is the one that pc is in.

    `returns_to` is (slot, return address) of that function's frame.
    """
    gobuf = g.sched
    pc = meanings["pc"]
    return {
        "owner": g.label,
        "address": hexed(gobuf.address),
        "sp": hexed(gobuf.sp),
        "pc": hexed(gobuf.pc),
        "g": hexed(gobuf.g),
        "ctxt": hexed(gobuf.ctxt),
        "lr": hexed(gobuf.lr),
        "bp": hexed(gobuf.bp),
        "ret": hexed(gobuf.ret),
        "function": pc.name or None if pc.kind == "function" else None,
        "returns_to": hexed(returns_to[1]) if returns_to else None,
        "return_slot": hexed(returns_to[0]) if returns_to else None,
        "meanings": {field: meaning(what) for field, what in meanings.items()},
        "unreadable": g.unreadable or None,
    }
