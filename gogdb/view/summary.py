"""The summary picture: both stacks and the jump between them, from the recorded values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.i18n import tr
from gogdb.view.address_text import describe, describe_register, short
from gogdb.view.doc import (
    Cell,
    Column,
    Doc,
    Heading,
    Note,
    Part,
    StackColumn,
    StackPicture,
    StackWord,
    Table,
)
from gogdb.view.format import address

__all__ = ["summary"]


def summary(records: Sequence[Record]) -> Doc:
    """What the walk found, in one picture; the parts whose stages were not seen are left out."""
    seen = {record.stage.id: record for record in records if record.observations}
    shown: list[Part] = [Heading(tr("the road in one picture"))]
    columns = [
        column
        for column in (_g0(seen.get("gogo")), _main(seen.get("runtime-main")))
        if column is not None
    ]
    if columns:
        shown.append(StackPicture(columns))
    if "gogo-sp" in seen and "gogo-jmp" in seen and "runtime-main" in seen:
        shown.append(_jump(seen))
    claims = [claim for record in records for claim in record.claims]
    failed = [record.stage.id for record in records if not record.holds]
    skipped = [record.stage.id for record in records if record.skipped]
    told = tr(
        "{seen} of {all} stages seen, {claims} claims checked",
        seen=len(seen),
        all=len(records),
        claims=len(claims),
    )
    if skipped:
        told += tr("; not seen: {stages}", stages=tr(", ").join(skipped))
    shown.append(Note(told, "hint"))
    if failed:
        shown.append(
            Note(tr("claims that do not hold in: {stages}", stages=tr(", ").join(failed)), "bad")
        )
    else:
        shown.append(Note(tr("every claim held"), "good"))
    return Doc(shown)


def _g0(record: Record | None) -> StackColumn | None:
    """g0's stack as gogo found it: a return address for every call since rt0_go."""
    if record is None:
        return None
    moment = record.shown
    words: list[StackWord] = []
    above = moment.g0.stack.hi
    saved = moment.g0.sched.sp
    slots = {frame.return_slot for frame in moment.frames if frame.return_slot is not None}
    interesting = slots | {saved, moment.sp}
    for slot in sorted(interesting, reverse=True):
        if above - slot > 8:
            gap = tr("{count} bytes", count=above - slot - 8)
            words.append(StackWord(slot + 8, None, gap=gap))
        marks = [moment.registers.arch.sp] if slot == moment.sp else []
        told = _place(moment, slot) if slot in slots else tr("at sched.sp")
        words.append(StackWord(slot, moment.words.get(slot), told, marks))
        above = slot
    stack = moment.g0.stack
    free = tr("{count} bytes free", count=above - stack.lo)
    words.append(StackWord(stack.lo, None, gap=free))
    return StackColumn(tr("g0's stack at gogo"), stack.hi, stack.lo, words)


def _place(moment: Observation, slot: int) -> str:
    what = moment.word_info.get(slot)
    return short(describe(what)) if what else "?"


def _main(record: Record | None) -> StackColumn | None:
    """Goroutine 1's stack as runtime.main found it."""
    if record is None or record.at("at").main is None:
        return None
    moment = record.at("at")
    main = moment.main
    assert main is not None
    stack = main.stack
    words = []
    for slot in range(stack.hi - 8, moment.sp - 8, -8):
        what = moment.word_info.get(slot)
        told = short(describe(what)) if what and what.kind == "function" else ""
        marks = [moment.registers.arch.sp] if slot == moment.sp else []
        words.append(StackWord(slot, moment.words.get(slot), told, marks))
    free = tr("{count} bytes free", count=moment.sp - stack.lo)
    words.append(StackWord(stack.lo, None, gap=free))
    return StackColumn(tr("goroutine 1's stack at runtime.main"), stack.hi, stack.lo, words)


def _jump(seen: Mapping[str, Record]) -> Table:
    """Return SP, the frame pointer and pc before and after gogo."""
    before, after = seen["gogo-sp"].at("before"), seen["runtime-main"].at("at")
    rows = []
    arch = before.registers.arch
    for register in (arch.sp, arch.fp, arch.pc):
        old, new = before.registers[register], after.registers[register]
        rows.append(
            [
                Cell(register, register, "register"),
                address(old),
                Cell(describe_register(register, before.register_info[register])),
                address(new, True),
                Cell(describe_register(register, after.register_info[register])),
            ]
        )
    columns = (
        Column(tr("the jump"), keep=9),
        Column(tr("before"), "right", 9),
        Column(tr("what it was"), keep=5),
        Column(tr("after"), "right", 9),
        Column(tr("what it is"), keep=6),
    )
    return Table(columns, rows)
