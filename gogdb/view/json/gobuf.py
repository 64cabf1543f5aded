"""go-gobuf as JSON."""

from __future__ import annotations

from gogdb.i18n import use_language
from gogdb.runtime.gobuf import ExaminedGobuf, loaded_registers
from gogdb.view.address_text import describe
from gogdb.view.json.values import as_hex

__all__ = ["gobuf"]


@use_language("en")
def gobuf(saved: ExaminedGobuf) -> dict[str, object]:
    """Return one gobuf with what its words are; `function` is the one that pc is in."""
    g, loaded = saved.g, loaded_registers(saved.arch).values()
    words, registers = g.sched, saved.registers
    pc = saved.meanings["pc"]
    return {
        "owner": g.label,
        "status": g.status,
        "address": as_hex(words.address),
        "sp": as_hex(words.sp),
        "pc": as_hex(words.pc),
        "g": as_hex(words.g),
        "ctxt": as_hex(words.ctxt),
        "lr": as_hex(words.lr),
        "bp": as_hex(words.bp),
        "ret": as_hex(words.ret),
        "function": pc.name or None if pc.kind == "function" else None,
        "returns_to": as_hex(saved.returns_to[1]) if saved.returns_to else None,
        "return_slot": as_hex(saved.returns_to[0]) if saved.returns_to else None,
        "meanings": {field: describe(info) for field, info in saved.meanings.items()},
        "registers": registers and {name: as_hex(registers[name]) for name in loaded},
        "registers_unknown": saved.unknown or None,
        "forged": saved.forged,
        "problems": list(saved.problems),
        "unreadable": g.unreadable or None,
    }
