"""go-gobuf: the words that gogo would load, beside the registers, and what each one is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gogdb.i18n import tr
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.gobuf import Saved, words
from gogdb.runtime.gogo import Step
from gogdb.runtime.model import G, Gobuf
from gogdb.view import change_marks
from gogdb.view.address_text import describe, effect, g_label, short
from gogdb.view.doc import (
    Cell,
    Code,
    CodeLine,
    Column,
    Heading,
    Note,
    Part,
    Role,
    StackColumn,
    StackPicture,
    StackWord,
    Table,
    Text,
)
from gogdb.view.format import address

__all__ = ["LIVE", "LOADS", "parts", "table"]

# What gogo does with each word (asm_amd64.s)
LOADS = {"sp": "rsp", "pc": "rip", "g": "r14, TLS", "ctxt": "rdx", "bp": "rbp", "ret": "rax"}
LIVE = LOADS | {"g": "r14"}


def parts(saved: Saved, gogo: Sequence[Step], hand: Sequence[Part] = ()) -> list[Part]:
    """One gobuf, for people. `gogo`: what its instructions would do."""
    g = saved.g
    reason = f", {g.waitreason}" if g.waitreason and g.is_waiting else ""
    shown: list[Part] = [
        Heading(tr("gobuf of {g}", g=g_label(g.label)), 2, aside=f"{g.status}{reason}")
    ]
    if g.unreadable:
        return [*shown, Note(g.unreadable, "bad")]
    shown.append(table(g, saved.meanings, saved.registers))
    shown += [Note(problem, "bad") for problem in saved.problems]
    shown += hand
    if g.is_dead:
        return [*shown, Note(tr("it is dead: what its gobuf holds is left over"))]
    if saved.registers and not g.is_system:
        told = tr("on a CPU: its thread's registers count, the gobuf is of some time ago")
        shown.append(Note(told))
    elif not g.sched.sp:
        shown.append(Note(tr("sp is 0: nothing is saved in it now")))
    if saved.forged:
        shown.append(Text(_forged(saved.meanings["pc"].name)))
    if saved.stack:
        shown.append(StackPicture([_top(saved)]))
    if saved.returns_to is not None:
        slot, back = saved.returns_to
        told = tr(
            "the return address that waits at {slot:#x} is {back:#x}: {what}",
            slot=slot,
            back=back,
            what=describe(saved.stack_meanings[slot]),
        )
        shown.append(Note(told))
    return [*shown, *_gogo(saved, gogo)]


def _forged(function: str) -> str:
    return tr(
        "It has never run. newproc1 left four words free under hi, and gostartcall pushed the "
        "address after the entry of goexit, as if goexit had called {function}: when that "
        "returns, it returns into goexit, which ends the goroutine. ctxt is the func value, and "
        "its code is pc.",
        function=function,
    )


def table(
    g: G,
    meanings: Mapping[str, AddressInfo],
    registers: Mapping[str, int] | None,
    title: str = "",
    before: Gobuf | None = None,
) -> Table:
    """A gobuf word by word; `registers` are the thread's, when it is on a CPU.

    What differs from `before` is marked.
    Of g0's only sp is ever loaded, by mcall and systemstack, but when its thread ends.
    """
    columns = [
        Column("gobuf", keep=9),
        Column(tr("value"), "right", 9),
        Column(tr("what it is"), keep=8),
        Column(tr("loads"), keep=6),
    ]
    rows = []
    found = words(g.sched)
    for field, value in found.items():
        register = "" if g.is_system and field != "sp" else LOADS[field]
        what = describe(meanings[field]) if value else ""
        changed = before is not None and getattr(before, field) != value
        name = change_marks.cell(Cell(field, field, "strong"), changed)
        rows.append([name, address(value, changed), Cell(what), Cell(register)])
    if registers is not None:
        columns.append(Column(tr("now"), "right", 7))
        for row, field in zip(rows, found, strict=True):
            row.append(address(registers[LIVE[field]]))
    return Table(columns, rows, title=title)


def _top(saved: Saved) -> StackColumn:
    """The top of the stack: where the registers, or the gobuf, point; where to return to."""
    stack, sched = saved.g.stack, saved.g.sched
    points = {"sched.sp": sched.sp, "sched.bp": sched.bp}
    if saved.registers:
        points = {"sched.sp": sched.sp} if saved.g.is_system else {}
        points |= {name: saved.registers[name] for name in ("rsp", "rbp")}
    shown = []
    above = stack.hi
    for place in sorted(saved.stack, reverse=True):
        if above - place > 8:
            shown.append(
                StackWord(place + 8, None, gap=tr("{count} bytes", count=above - place - 8))
            )
        marks = [name for name, point in points.items() if point == place]
        told, role = _told(saved, place)
        shown.append(StackWord(place, saved.stack[place], told, marks, role=role))
        above = place
    if above > stack.lo:
        shown.append(
            StackWord(stack.lo, None, gap=tr("{count} bytes free", count=above - stack.lo))
        )
    title = tr("{g}'s stack, {size} B", g=g_label(saved.g.label), size=stack.size)
    return StackColumn(title, stack.hi, stack.lo, shown)


def _told(saved: Saved, place: int) -> tuple[str, Role]:
    """What a word of the stack is, and its role."""
    what, value, stack = saved.stack_meanings[place], saved.stack[place], saved.g.stack
    told = short(describe(what)) if what.kind not in ("nil", "number") else ""
    for frame in saved.frames:
        if place == frame.return_slot:
            if not value:
                return tr("0: nobody called it"), ""
            return tr("return to {place}", place=told), "strong"
        if place == frame.fp_slot:
            link = f"hi-{stack.hi - value:#x}" if value in stack else told
            return f"{tr('saved rbp')} {link}".rstrip(), ""
    if what.kind == "function":
        return tr("left over"), "dim"  # nothing will return there
    if what.kind == "stack" and value in stack:
        return f"hi-{stack.hi - value:#x}", ""
    return told, ""


def _gogo(saved: Saved, gogo: Sequence[Step]) -> Iterator[Part]:
    """The instructions that would load it."""
    if told := _not_by_gogo(saved.g.label):
        yield Text(told)
        return
    if saved.registers or not saved.g.sched.sp or not gogo:
        return
    lines = [CodeLine(f"{step.address:#x}", step.text, note=effect(step.effect)) for step in gogo]
    att = any("%" in line.text for line in lines)
    yield Code(lines, "att" if att else "intel", tr("gogo(&{g}.sched) would", g=saved.g.label))


def _not_by_gogo(label: str) -> str:
    """Who uses the gobuf of a system stack, "" for a goroutine's."""
    if label.endswith("g0"):
        return tr(
            "mcall and systemstack take sp from it, and nothing else; gogo loads it only when its "
            "thread ends."
        )
    if label.endswith("gsignal"):
        return tr(
            "Nobody loads it: the kernel itself goes to this stack when a signal comes "
            "(sigaltstack)."
        )
    return ""
