"""go-boot follow: the card of a leg, and how the following ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gogdb.follow.observation import Record
from gogdb.i18n import tr
from gogdb.runtime.gobuf import gobuf_words
from gogdb.runtime.model import Gobuf
from gogdb.runtime.unwind import Frame
from gogdb.view import binding, gobuf, stop
from gogdb.view.changes import changes
from gogdb.view.doc import Cell, Column, Doc, Heading, Note, Part, Table, Text
from gogdb.view.format import address
from gogdb.view.narration import Narration
from gogdb.view.stack_columns import StackPair, pair

__all__ = ["card", "ended", "why"]

FRAMES = 10  # of a stack: those that say who it is
MOST_CHANGES = 8  # rows on a card


def card(record: Record, past: Sequence[Record], words: Narration) -> Doc:
    """One leg: what happened, the evidence, the claims. `past`: those before it."""
    step, now = record.step, record.shown
    shown: list[Part] = [
        Heading(f"{record.number} · {step.id}", aside=words.title(step.id)),
        Text(words.passage(step.id, record.values)),
    ]
    if step.stops:
        shown.append(Text(_whose_thread(record), "dim"))
        shown += stop.code(now, record.listing)
        # registers of another thread would tell nothing of what has changed
        same = (r.last for r in reversed(past) if r.step.stops and r.last.lwp == now.lwp)
        shown.append(stop.registers(now, next(same, None), step.registers))
    for name in step.show:
        shown += _SHOWN[name](record)
    if record.changes:
        shown.append(changes(record.changes, MOST_CHANGES))
    shown += stop.stands_at(now, record.last)
    return Doc([*shown, stop.claims(step.id, record.claims, words)])


def _whose_thread(record: Record) -> str:
    moment = record.shown
    owner = moment.runtime.stack_owner(moment.sp)
    return tr(
        "thread {lwp}, m{m}, on {stack}'s stack",
        lwp=moment.lwp,
        m=moment.m.id,
        stack=owner.label if owner else "?",
    )


def why(how: str, detail: str) -> str:
    """Why it could be followed no further, from how the program came to rest."""
    match how:
        case "interrupted":
            return tr("interrupted")
        case "exited":
            return tr("the program exited {detail}", detail=detail).rstrip()
    return tr("the program stopped: {detail}", detail=detail or tr("not by this command"))


def ended(records: Sequence[Record], why: str) -> Doc:
    """The last line: why it did not come to its end, whether the claims held."""
    held = [claim.holds for record in records for claim in record.claims]
    parts: list[Part] = []
    if why:
        told = tr("{why}; seen until then: {count} legs", why=why, count=len(records))
        parts.append(Note(told, "warn"))
    if not all(held):
        count = held.count(False)
        parts.append(Note(tr("{count} claims did not hold", count=count), "bad"))
    elif held:
        told = tr(
            "{legs} legs, {count} claims checked: every claim held",
            legs=len(records),
            count=len(held),
        )
        parts.append(Note(told, "good"))
    return Doc(parts)


def _gobuf(record: Record) -> list[Part]:
    moment = record.shown if record.step.stops else record.last
    if record.step.id == "morestack":  # it is saved at the leg's last stop
        moment = record.last
    g = moment.goroutine
    meanings = {field: moment.gobuf_info[word] for field, word in gobuf_words(g.sched).items()}
    live = moment.registers if record.step.id.startswith("gogo") else None
    return [gobuf.table(g, meanings, live, tr("{g}'s gobuf", g=g.label))]


def _stacks(record: Record) -> list[Part]:
    moment = record.shown
    titles = (tr("{g}'s stack", g=g.label) for g in (moment.g0, moment.goroutine))
    stacks = StackPair(moment, moment.g0, moment.goroutine, moment.goroutine_frames)
    return pair(stacks, *titles)


def _callers(record: Record) -> list[Part]:
    moment = record.shown
    owner = moment.runtime.stack_owner(moment.sp)
    return _frames(moment.frames, tr("{g}'s stack", g=owner.label if owner else "?"))


def _waker(record: Record) -> list[Part]:
    """Who made it runnable: the system stack that did, and the goroutine it did it for."""
    frames = record.values["frames"]
    assert isinstance(frames, tuple)
    system, own = frames
    stack, waker = str(record.values["stack"]), str(record.values["waker"])
    shown = _frames(system, tr("{g}'s stack", g=stack))
    return shown + (_frames(own, tr("{g}'s stack", g=waker)) if own and waker != stack else [])


def _frames(frames: Sequence[Frame], title: str) -> list[Part]:
    told = [frame for frame in frames if not frame.elided]
    rows = [
        [
            Cell(str(number), number, "number"),
            Cell(frame.function, frame.function),
            Cell(f"{frame.file.rpartition('/')[2]}:{frame.line}" if frame.file else ""),
        ]
        for number, frame in enumerate(told[:FRAMES])
    ]
    if len(told) > FRAMES:
        more = tr("… {count} more", count=len(told) - FRAMES)
        rows.append([Cell(""), Cell(more, role="dim"), Cell("")])
    columns = (Column("#", "right", 9), Column(tr("function"), keep=9), Column(tr("where")))
    return [Table(columns, rows, title=title)] if rows else []


def _queue(record: Record) -> list[Part]:
    queue = str(record.values.get("queue") or "")
    g = str(record.values["g"])
    if not queue:
        return [Text(tr("{g} is on no run queue", g=g), "strong")]
    return [Text(tr("{g} waits on {queue}", g=g, queue=queue), "strong")]


def _compared(record: Record) -> list[Part]:
    """What was saved beside what the registers are now."""
    saved = record.values.get("saved")
    if not isinstance(saved, Gobuf):
        return []
    now = record.shown.registers
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
            ("sp", saved.sp, "rsp"),
            ("pc", saved.pc, "rip"),
            ("bp", saved.bp, "rbp"),
        )
    ]
    return [Table(columns, rows)]


def _kernel(record: Record) -> list[Part]:
    """Who has what of a goroutine in a system call."""
    values, moment = record.values, record.shown
    g = moment.goroutine
    p = moment.runtime.p(_p(record))
    facts = [
        (f"{g.label}.status", Cell(g.status)),
        (f"{g.label}.syscallsp", address(g.syscallsp)),
        (f"{g.label}.syscallpc", address(g.syscallpc)),
        (f"{values['m']}.curg", Cell(g.label)),
        (f"{values['m']}.p", Cell(str(values["p"]))),
        (f"{values['m']}.oldp", Cell(str(values["oldp"]))),
    ]
    if p is not None:
        facts.append((f"p{p.id}.status", Cell(p.status)))
        facts.append((f"p{p.id}.m", Cell(moment.runtime.name(p.m) or "-")))
    columns = (Column(tr("field"), keep=9), Column(tr("value"), keep=9))
    return [Table(columns, [[Cell(name), cell] for name, cell in facts])]


def _p(record: Record) -> int:
    runtime = record.shown.runtime
    m = runtime.m(record.shown.goroutine.m)
    return (m.p or m.oldp) if m else 0


_SHOWN: Mapping[str, Callable[[Record], Sequence[Part]]] = {
    "gobuf": _gobuf,
    "stacks": _stacks,
    "callers": _callers,
    "waker": _waker,
    "queue": _queue,
    "compared": _compared,
    "kernel": _kernel,
    "binding": lambda record: [binding.binding(record.shown.runtime, record.shown.m)],
}
