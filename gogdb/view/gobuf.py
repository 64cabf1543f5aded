"""go-gobuf: the words that gogo would load, the registers now, and what each word points at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gogdb.i18n import tr
from gogdb.inferior.arch import Arch
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.gobuf import ExaminedGobuf, gobuf_words, loaded_registers
from gogdb.runtime.gogo import GogoStep
from gogdb.runtime.model import G, Gobuf
from gogdb.runtime.scheduler import Runtime
from gogdb.view import change_marks, g_header
from gogdb.view.address_text import describe, effect, g_label, short
from gogdb.view.doc.document import (
    Cell,
    Code,
    CodeLine,
    Column,
    Heading,
    Mark,
    Note,
    Part,
    Role,
    StackColumn,
    StackPicture,
    StackWord,
    Table,
    Text,
)
from gogdb.view.expr import Expr, GdbCommand, code_result, g_expression
from gogdb.view.format import address
from gogdb.view.stack_rows import free, gap, register_marks, with_size

__all__ = ["parts", "table"]


def parts(
    runtime: Runtime, saved: ExaminedGobuf, gogo: Sequence[GogoStep], expr: Expr | None = None
) -> list[Part]:
    """Return one gobuf; `gogo` are the runtime's instructions with what they would do."""
    g = saved.g
    page: list[Part] = [
        Heading(tr("gobuf of {g}", g=g_label(g.label)), 2, aside=g_header.status(runtime, g))
    ]
    if g.unreadable:
        return [*page, Note(g.unreadable, "bad")]
    page.append(table(saved.arch, g, saved.meanings, saved.registers))
    page += [Note(problem, "bad") for problem in saved.problems]
    page += expr.block(_commands(saved)) if expr else []
    if g.is_dead:
        return [*page, Note(tr("it is dead: its gobuf holds old values"))]
    if saved.registers and not g.is_system:
        running = tr("on a CPU: its registers are its thread's, the gobuf holds old values")
        page.append(Note(running))
    elif saved.unknown:
        page.append(Note(tr("{why}: the gobuf may hold old values", why=saved.unknown), "warn"))
    elif not g.sched.sp:
        page.append(Note(tr("sp is 0: nothing is saved in it now")))
    if saved.forged:
        page.append(Text(_forged(saved.meanings["pc"].name)))
    if saved.stack:
        page.append(StackPicture([_stack_top(saved)]))
    if saved.returns_to is not None:
        return_slot, return_address = saved.returns_to
        text = tr(
            "the return address that waits at {slot:#x} is {back:#x}: {what}",
            slot=return_slot,
            back=return_address,
            what=describe(saved.stack_meanings[return_slot]),
        )
        page.append(Note(text))
    return [*page, *_gogo(saved, gogo)]


def _forged(function: str) -> str:
    return tr(
        "It has never run. newproc1 left four words free under hi, and gostartcall pushed "
        "goexit+1, as if goexit had called {function}: if that returns, it returns into goexit, "
        "which ends the goroutine. ctxt is the func value, and its code is pc.",
        function=function,
    )


def table(
    arch: Arch,
    g: G,
    meanings: Mapping[str, AddressInfo],
    registers: Mapping[str, int] | None,
    title: str = "",
    before: Gobuf | None = None,
) -> Table:
    """Return a gobuf word by word, with the registers of its thread if it is on a CPU.

    Differences from `before` are marked. Of a g0's gobuf only sp is loaded, by mcall and
    systemstack; gogo loads all of it when the thread ends.
    """
    columns = [
        Column("gobuf", keep=9),
        Column(tr("value"), "right", 9),
        Column(tr("what it is"), keep=8),
        Column(tr("loads"), keep=6),
    ]
    if registers is not None:
        columns.append(Column(tr("now"), "right", 7))
    rows = []
    for field, value in gobuf_words(g.sched).items():
        changed = before is not None and getattr(before, field) != value
        register = loaded_registers(arch)[field]
        loads = f"{register}, TLS" if field == "g" else register
        row = [
            change_marks.cell(Cell(field, field, "strong"), changed),
            address(value, changed),
            Cell(describe(meanings[field]) if value else ""),
            Cell("" if g.is_system and field != "sp" else loads),
        ]
        if registers is not None:
            row.append(address(registers[register]))
        rows.append(row)
    return Table(columns, rows, title=title)


def _stack_top(saved: ExaminedGobuf) -> StackColumn:
    """Draw the top of the stack: where the registers or the gobuf point, and return addresses."""
    stack, sched = saved.g.stack, saved.g.sched
    pointers = {Mark("sched.sp"): sched.sp, Mark("sched.bp"): sched.bp}
    if saved.registers:
        pointers = {Mark("sched.sp"): sched.sp} if saved.g.is_system else {}
        sp, fp = register_marks(saved.arch)
        pointers |= {sp: saved.registers.sp, fp: saved.registers.fp}
    drawn: list[StackWord] = []
    above = stack.hi
    for place in sorted(saved.stack, reverse=True):
        drawn += gap(above, place)
        marks = [mark for mark, pointer in pointers.items() if pointer == place]
        meaning, role = _stack_word(saved, place)
        drawn.append(StackWord(place, saved.stack[place], meaning, marks, role=role))
        above = place
    if above > stack.lo:
        drawn.append(free(stack, above))
    title = with_size(tr("{g}'s stack", g=g_label(saved.g.label)), stack)
    return StackColumn(title, stack.hi, stack.lo, drawn)


def _stack_word(saved: ExaminedGobuf, place: int) -> tuple[str, Role]:
    """Return what the word at `place` is for, and its role."""
    info, value, stack = saved.stack_meanings[place], saved.stack[place], saved.g.stack
    pointee = short(describe(info)) if info.kind not in ("nil", "number") else ""
    for frame in saved.frames:
        if place == frame.return_slot:
            if not value:
                return tr("0: no caller"), ""
            return tr("return to {place}", place=pointee), "strong"
        if place == frame.fp_slot:
            link = f"hi-{stack.hi - value:#x}" if value in stack else pointee
            return f"{tr('saved rbp')} {link}".rstrip(), ""
    if info.kind == "function":
        return tr("left over"), "dim"  # nothing will return there
    if info.kind == "stack" and value in stack:
        return f"hi-{stack.hi - value:#x}", ""
    return pointee, ""


def _gogo(saved: ExaminedGobuf, gogo: Sequence[GogoStep]) -> Iterator[Part]:
    """Yield gogo's instructions with what they would do, or why gogo is not used."""
    if why_not := _not_by_gogo(saved.g.label):
        yield Text(why_not)
        return
    if saved.registers or not saved.g.sched.sp or not gogo:
        return
    lines = [CodeLine(f"{step.address:#x}", step.text, note=effect(step.effect)) for step in gogo]
    is_att = any("%" in line.text for line in lines)
    title = tr("gogo(&{g}.sched) would", g=saved.g.label)
    yield Code(lines, "att" if is_att else "intel", title)


def _not_by_gogo(label: str) -> str:
    """Return what uses the gobuf of a system stack instead of gogo; "" for a goroutine's."""
    if label.endswith("g0"):
        return tr(
            "mcall, systemstack and morestack switch to the sp in it; gogo loads it only when its "
            "thread ends."
        )
    if label.endswith("gsignal"):
        return tr(
            "Nobody loads it: the kernel itself goes to this stack when a signal comes "
            "(sigaltstack)."
        )
    return ""


def _commands(saved: ExaminedGobuf) -> list[GdbCommand]:
    """Return the commands that print the gobuf, from memory and by field, and where it returns."""
    g, fields = saved.g, gobuf_words(saved.g.sched)
    first = ", ".join(list(fields)[:3])
    commands = [GdbCommand(f"x/3gx {g.sched.address:#x}", first, True)]
    for name, word in fields.items():
        field = f"{g_expression(g)}.sched.{name}"
        if name == "pc" and word:
            commands.append(GdbCommand(f"p/a {field}", code_result(saved.meanings[name])))
        else:
            commands.append(GdbCommand(f"p/x {field}", f"{word:#x}"))
    if saved.returns_to:
        place, _ = saved.returns_to
        result = code_result(saved.stack_meanings[place])
        commands.append(GdbCommand(f"x/a {place:#x}", result, True))
    return commands
