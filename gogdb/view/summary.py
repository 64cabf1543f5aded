"""The summary of a walk: both stacks and the jump between them, and how the claims fared."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.boot.stages.gogo import Gogo, GogoJmp, GogoSp
from gogdb.boot.stages.main import RuntimeMain
from gogdb.i18n import tr
from gogdb.view.address_text import describe, describe_register, short
from gogdb.view.doc.document import (
    Art,
    ArtLine,
    Doc,
    Heading,
    Note,
    Part,
    Span,
    StackColumn,
    StackPicture,
    StackWord,
)
from gogdb.view.format import address
from gogdb.view.stack_rows import free, gap, is_code, register_marks

__all__ = ["summary"]


def summary(records: Sequence[Record]) -> Doc:
    """Return the walk in one picture, without the parts whose stages were not seen."""
    seen = {record.stage.id: record for record in records if record.observations}
    parts: list[Part] = [Heading(tr("the walk in one picture"))]
    columns = []
    if record := seen.get(Gogo.id):
        columns.append(_g0_at_gogo(record.shown))
    if record := seen.get(RuntimeMain.id):
        columns.append(_goroutine_at_main(record.at("at")))
    if columns:
        parts.append(StackPicture(columns))
    if {GogoSp.id, GogoJmp.id, RuntimeMain.id} <= seen.keys():
        parts.append(_jump(seen[GogoSp.id].at("before"), seen[RuntimeMain.id].at("at")))
    parts += _outcome(records, len(seen))
    return Doc(parts)


def _outcome(records: Sequence[Record], seen: int) -> list[Part]:
    """Return which stages were seen, and whether their claims hold."""
    failed = [record.stage.id for record in records if not record.holds]
    skipped = [record.stage.id for record in records if record.skipped]
    text = tr(
        "{seen} of {all} stages seen, {claims} {claims:claim|claims} checked",
        seen=seen,
        all=len(records),
        claims=sum(len(record.claims) for record in records),
    )
    if not failed:
        text += tr(": every claim held")
    if skipped:
        text += tr("; not seen: {stages}", stages=tr(", ").join(skipped))
    if not failed:
        return [Note(text, "good")]
    stages = tr(", ").join(failed)
    return [Note(text), Note(tr("claims that do not hold in: {stages}", stages=stages), "bad")]


def _g0_at_gogo(now: Observation) -> StackColumn:
    """Return g0's stack at gogo: a return address for every call since rt0_go."""
    stack, words, above = now.g0.stack, list[StackWord](), now.g0.stack.hi
    slots = {frame.return_slot for frame in now.frames if frame.return_slot is not None}
    for slot in sorted(slots | {now.g0.sched.sp, now.sp}, reverse=True):
        words += gap(above, slot)
        text = _place(now, slot) if slot in slots else tr("at sched.sp")
        words.append(_word(now, slot, text))
        above = slot
    words.append(free(stack, above))
    return StackColumn(tr("g0's stack at gogo"), stack.hi, stack.lo, words)


def _goroutine_at_main(now: Observation) -> StackColumn:
    """Return goroutine 1's stack at the entry of runtime.main."""
    stack = now.g1.stack
    words = []
    for slot in range(stack.hi - 8, now.sp - 8, -8):
        text = _place(now, slot) if is_code(now.word_info, slot) else ""
        words.append(_word(now, slot, text))
    words.append(free(stack, now.sp))
    return StackColumn(tr("goroutine 1's stack at runtime.main"), stack.hi, stack.lo, words)


def _word(now: Observation, address: int, text: str) -> StackWord:
    sp, _ = register_marks(now.registers.arch)
    marks = [sp] if address == now.sp else []
    return StackWord(address, now.words.get(address), text, marks)


def _place(now: Observation, address: int) -> str:
    """Return the place in the code that a word holds."""
    info = now.word_info.get(address)
    return short(describe(info)) if info else "?"


def _jump(before: Observation, after: Observation) -> Art:
    """Return sp, the frame pointer and pc before and after gogo."""
    arch = before.registers.arch
    names = (arch.sp, arch.fp, arch.pc)
    old = [address(before.registers[name]).text for name in names]
    new = [address(after.registers[name]).text for name in names]
    label = f"{tr('the jump')}  "
    lines: list[ArtLine] = []
    for name, was, now in zip(names, old, new, strict=True):
        meaning = describe_register(after.register_info[name], is_fp=name == arch.fp)
        line = [
            Span(label, "strong", hidden=bool(lines)),
            Span(name, "register"),
            Span(f"  {was:>{max(map(len, old))}}", "address"),
            Span(" → ", "dim"),
            Span(now, "changed", min_cells=max(map(len, new))),
            Span(f"  {meaning}"),
        ]
        lines.append(line)
    return Art(lines)
