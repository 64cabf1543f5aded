"""The parts of a card that any stop has: code, registers, claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gogdb.boot.record import Claim, Listing
from gogdb.boot.stop import StopState
from gogdb.i18n import tr
from gogdb.inferior.protocol import Instruction
from gogdb.runtime.disasm_notes import TLS_SLOT
from gogdb.view import change_marks
from gogdb.view.address_text import describe, describe_register, effect
from gogdb.view.doc.document import Cell, Claims, Code, CodeLine, Column, Note, Part, Table
from gogdb.view.format import address, code_place, source_place
from gogdb.view.narration import Narration

__all__ = ["claims", "code", "note_on_position", "registers"]


def note_on_position(shown: StopState, last: StopState) -> list[Part]:
    """Return a note on where the program is now, if that is past the stop that the card shows."""
    if last is shown:
        return []
    place = code_place(last.function, last.offset)
    return [Note(tr("the program has moved on: it stands at {place} now", place=place))]


def claims(stage: str, checked: Iterable[Claim], narration: Narration) -> Claims:
    """Return the claims of a stage or step with their texts."""
    return Claims([(narration.claim(stage, claim), claim.holds) for claim in checked])


def code(state: StopState, listing: Listing) -> list[Part]:
    """Return the source and the instructions around the stop."""
    parts: list[Part] = []
    where = source_place(state.file, state.line)
    if listing.source:
        language = "go-asm" if state.file.endswith(".s") else "go"
        lines = [
            CodeLine(str(number), text, number == state.line) for number, text in listing.source
        ]
        parts.append(Code(lines, language, where))  # type: ignore[arg-type]
    if listing.code:
        intel = not any("%" in instruction.text for instruction in listing.code)
        lines = [_instruction(each, state.pc, listing) for each in listing.code]
        place = code_place(state.function, state.offset)
        if not listing.source:
            place += " " + tr("({where}: the source cannot be read on this machine)", where=where)
        parts.append(Code(lines, "intel" if intel else "att", place))
    return parts


def _instruction(instruction: Instruction, pc: int, listing: Listing) -> CodeLine:
    address = instruction.address
    note, line = listing.notes.get(address), listing.lines.get(address)
    writes = note.to if note else ""
    return CodeLine(
        f"{address:#x}",
        instruction.text,
        address == pc,
        effect(note),
        source=str(line or ""),
        writes="TLS" if writes == TLS_SLOT else writes,
    )


def registers(
    state: StopState, old: StopState | None, own: Sequence[str], brief: bool = False
) -> Table:
    """Return the registers that matter, at the stop `old` and now, and what they are.

    `own` are the registers that the stage is about. A mark says which have changed, but for
    pc, which always does. `brief` keeps only the changed ones and `own`.
    """
    columns = (
        Column(tr("reg"), keep=9),
        Column(tr("at the last stage"), "right", 4),
        Column(tr("now"), "right", 9),
        Column(tr("what it is"), keep=8),
    )
    arch = state.registers.arch
    rows = []
    for name in (arch.pc, arch.sp, arch.fp, arch.g, *own):
        was = old.registers[name] if old else None
        info = describe_register(state.register_info[name], is_fp=name == arch.fp)
        row = _row(name, name, was, state.registers[name], info, marked=name != arch.pc)
        rows.append(row)
    name, base = arch.thread_pointer, state.registers.thread_pointer
    leads = tr("leads to the TLS slot {address:#x}", address=state.tls_slot) if base else ""
    was = old.registers.thread_pointer if old else None
    rows.append(_row(name, name, was, base, leads or tr("not set")))
    if state.tls_g_label:
        info = tr("the current g: {g}", g=state.tls_g_label)
    else:
        info = describe(state.register_info["tls"]) if state.tls_g else tr("no g")
    rows.append(_row("TLS", "TLS", old.tls_g if old else None, state.tls_g, info))
    if brief:
        rows = [row for row in rows if row[0].value in own or row[0].role == "changed"]
    return Table(columns, rows)


def _row(
    title: str, name: str, was: int | None, now: int, info: str, marked: bool = True
) -> list[Cell]:
    changed = was is not None and was != now
    return [
        change_marks.cell(Cell(title, name, "register"), changed and marked),
        Cell("") if was is None else address(was),
        address(now, changed),
        Cell(info),
    ]
