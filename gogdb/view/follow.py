"""`go-boot follow`: the card of a step, and how the round ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gogdb.follow.observation import Observation
from gogdb.follow.step import Record
from gogdb.follow.steps.wakeup import waker
from gogdb.i18n import tr
from gogdb.inferior.arch import Registers
from gogdb.runtime.gobuf import gobuf_words
from gogdb.runtime.unwind import Frame
from gogdb.view import binding, gobuf, stop
from gogdb.view.changes import changes
from gogdb.view.doc.document import Cell, Column, Doc, Heading, Note, Part, Table, Text
from gogdb.view.format import address, source_place
from gogdb.view.narration import Narration
from gogdb.view.stack_columns import StackPair, pair

__all__ = ["card", "ended", "heading", "picture", "registers", "stop_reason", "thread"]

FRAMES = 10  # rows of a stack trace: enough to tell what the goroutine does
FRAMES_IN_BRIEF = 4
MOST_CHANGES = 8  # rows on a card


def heading(record: Record, narration: Narration) -> Heading:
    """Return the heading of a step's card: its number and id, and what happened."""
    step = record.step
    return Heading(f"{record.number} · {step.id}", aside=narration.title(step.id))


def card(record: Record, past: Sequence[Record], narration: Narration) -> Doc:
    """Return one step: what happened, the evidence, the claims. `past` are the steps before it."""
    step, now = record.step, record.shown
    parts: list[Part] = [
        heading(record, narration),
        Text(narration.passage(step.id, record.values, record.sentences)),
    ]
    if step.stops:
        parts.append(Text(thread(now), "dim"))
        parts += stop.code(now, record.listing)
        parts.append(registers(record, past))
    for name in step.show:
        parts += picture(name, record)
    if record.changes:
        parts.append(changes(record.changes, MOST_CHANGES))
    parts += stop.note_on_position(now, record.last)
    return Doc([*parts, stop.claims(step.id, record.claims, narration)])


def registers(record: Record, past: Sequence[Record], brief: bool = False) -> Table:
    """Return the registers at the step, beside those at the last stop of the same thread.

    Those of another thread would not show what has changed.
    """
    now = record.shown
    same_thread = (r.last for r in reversed(past) if r.step.stops and r.last.lwp == now.lwp)
    return stop.registers(now, next(same_thread, None), record.step.registers, brief)


def picture(name: str, record: Record, brief: bool = False) -> Sequence[Part]:
    """Return a picture or table of a step; `brief` shortens it."""
    frames = FRAMES_IN_BRIEF if brief else FRAMES
    match name:
        case "callers":
            return _callers(record.shown, frames)
        case "waker":
            return _waker(record.shown, frames, brief)
        case "stacks":
            return _stacks(record.shown, brief)
    return _PICTURES[name](record)


def thread(now: Observation) -> str:
    """Say which thread has stopped, and on whose stack it is."""
    return tr(
        "thread {lwp}, m{m}, on {stack}'s stack",
        lwp=now.lwp,
        m=now.m.id,
        stack=_stack_label(now),
    )


def _stack_label(now: Observation) -> str:
    """Return the label of the g whose stack the thread is on."""
    owner = now.runtime.stack_owner(now.sp)
    return owner.label if owner else "?"


def stop_reason(how: str, detail: str) -> str:
    """Return why the program stopped before the end of the round, or before the goal of go-until.

    `how` and `detail` are those of `Resumed`.
    """
    match how:
        case "interrupted":
            return tr("interrupted")
        case "exited":
            return tr("the program exited {detail}", detail=detail).rstrip()
    return tr("the program stopped: {detail}", detail=detail or tr("not by this command"))


def ended(records: Sequence[Record], why: str) -> Doc:
    """Return the last lines: why the round did not end, if so, and whether every claim held."""
    claims = [claim for record in records for claim in record.claims]
    failed = sum(not claim.holds for claim in claims)
    parts: list[Part] = []
    if why:
        seen = tr("{why}; seen until then: {count} {count:step|steps}", why=why, count=len(records))
        parts.append(Note(seen, "warn"))
    if failed:
        parts.append(Note(tr("{count} {count:claim|claims} did not hold", count=failed), "bad"))
    elif claims:
        summary = tr(
            "{steps} {steps:step|steps}, {count} {count:claim|claims} checked: every claim held",
            steps=len(records),
            count=len(claims),
        )
        parts.append(Note(summary, "good"))
    return Doc(parts)


def _gobuf(now: Observation, registers: Registers | None = None) -> list[Part]:
    """Return the goroutine's gobuf, beside the `registers` that it is loaded into, if given."""
    g = now.goroutine
    info = {field: now.gobuf_info[word] for field, word in gobuf_words(g.sched).items()}
    title = tr("{g}'s gobuf", g=g.label)
    return [gobuf.table(now.registers.arch, g, info, registers, title)]


def _stacks(now: Observation, brief: bool) -> list[Part]:
    frames = () if now.on_goroutine_stack else now.goroutine_frames
    stacks = StackPair(now, now.g0, now.goroutine, frames)
    g0_title, title = (tr("{g}'s stack", g=g.label) for g in (now.g0, now.goroutine))
    return pair(stacks, g0_title, title, brief)


def _callers(now: Observation, most: int) -> list[Part]:
    return _frames(now.frames, tr("{g}'s stack", g=_stack_label(now)), most)


def _waker(now: Observation, most: int, brief: bool) -> list[Part]:
    """Return the stack on which ready runs, and that of the goroutine that it runs for.

    `brief` leaves out the first one if there is such a goroutine.
    """
    owner, by = now.runtime.stack_owner(now.sp), waker(now)
    stack = now.runtime.name(owner.address) if owner else now.g0.label
    own = _frames(now.frames, tr("{g}'s stack", g=stack), most)
    if by is None or by.label == stack:
        return own
    callers = _frames(now.curg_frames, tr("{g}'s stack", g=by.label), most)
    return callers if brief else own + callers


def _frames(frames: Sequence[Frame], title: str, most: int) -> list[Part]:
    """Return a stack trace; nothing without frames."""
    visible = [frame for frame in frames if not frame.elided]
    if not visible:
        return []
    rows = [
        [
            Cell(str(number), number, "number"),
            Cell(frame.function, frame.function),
            Cell(source_place(frame.file, frame.line) if frame.file else ""),
        ]
        for number, frame in enumerate(visible[:most])
    ]
    if len(visible) > most:
        more = tr("… {count} more", count=len(visible) - most)
        rows.append([Cell(""), Cell(more, role="dim"), Cell("")])
    columns = (Column("#", "right", 9), Column(tr("function"), keep=9), Column(tr("where")))
    return [Table(columns, rows, title=title)]


def _queue(now: Observation) -> list[Part]:
    g, queue = now.goroutine.label, now.run_queue
    if not queue:
        return [Text(tr("{g} is on no run queue", g=g), "strong")]
    return [Text(tr("{g} waits on {queue}", g=g, queue=queue), "strong")]


def _saved_and_restored(record: Record) -> list[Part]:
    """Return what was saved when the goroutine left the CPU beside the registers now."""
    saved, now = record.saved, record.shown.registers
    if saved is None:
        return []
    columns = (
        Column("gobuf", keep=9),
        Column(tr("as saved"), "right", 9),
        Column(tr("register"), keep=8),
        Column(tr("now"), "right", 9),
    )
    rows = [
        [
            Cell(field, field, "strong"),
            address(word),
            Cell(name, name, "register"),
            address(now[name]),
        ]
        for field, word, name in (
            ("sp", saved.sp, now.arch.sp),
            ("pc", saved.pc, now.arch.pc),
            ("bp", saved.bp, now.arch.fp),
        )
    ]
    return [Table(columns, rows)]


def _syscall(now: Observation) -> list[Part]:
    """Return the fields that bind a goroutine in a system call to its M and P."""
    g, m, runtime = now.goroutine, now.goroutine_m, now.runtime
    m_name = f"m{m.id}" if m else "?"
    facts = [
        (f"{g.label}.status", Cell(g.status)),
        (f"{g.label}.syscallsp", address(g.syscallsp)),
        (f"{g.label}.syscallpc", address(g.syscallpc)),
        (f"{m_name}.curg", Cell(g.label)),
        (f"{m_name}.p", Cell(_p_name(now, m.p if m else 0))),
        (f"{m_name}.oldp", Cell(_p_name(now, m.oldp if m else 0))),
    ]
    if p := runtime.p(now.goroutine_p):
        facts.append((f"p{p.id}.status", Cell(p.status)))
        facts.append((f"p{p.id}.m", Cell(runtime.name(p.m) or "-")))
    columns = (Column(tr("field"), keep=9), Column(tr("value"), keep=9))
    return [Table(columns, [[Cell(name), cell] for name, cell in facts])]


def _p_name(now: Observation, address: int) -> str:
    p = now.runtime.p(address) if address else None
    return f"p{p.id}" if p else "-"


# By the names in the steps' `show`
_PICTURES: Mapping[str, Callable[[Record], Sequence[Part]]] = {
    "gobuf": lambda record: _gobuf(record.shown),
    "saved-gobuf": lambda record: _gobuf(record.last),
    "gobuf-and-registers": lambda record: _gobuf(record.shown, record.shown.registers),
    "queue": lambda record: _queue(record.last),
    "saved-and-restored": _saved_and_restored,
    "syscall": lambda record: _syscall(record.shown),
    "binding": lambda record: [binding.binding(record.shown.runtime, record.shown.m)],
}
