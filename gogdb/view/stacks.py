"""go-stacks: a goroutine's stack, its bounds and frames, and what a walk along rbp misses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gogdb.i18n import tr
from gogdb.runtime.clock import Clock
from gogdb.runtime.fp_chain import ChainLink, ChainStart, FramePointerChain
from gogdb.runtime.interruptions import Interruption
from gogdb.runtime.model import G
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.signal_frames import SIGTRAMP
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.view import g_header, signals
from gogdb.view.doc.document import Cell, Column, Heading, Note, Part, Role, Table, Text
from gogdb.view.expr import Expr, GdbCommand, g_expression
from gogdb.view.format import address, source_place
from gogdb.view.stack_bar import stack_bar

__all__ = ["body", "divergence", "head", "parts", "used"]

MOST_SLOTS = 3  # return addresses that --expr prints


def parts(
    runtime: Runtime,
    g: G,
    unwound: Unwound,
    chain: FramePointerChain | None = None,
    *,
    interruptions: Sequence[Interruption] = (),
    clock: Clock | None = None,
    expr: Expr | None = None,
) -> list[Part]:
    """Return one goroutine's stack; `chain` is what a walk along rbp would find.

    `interruptions` are those of its thread.
    """
    page = [*head(runtime, g, clock), *body(g, unwound, chain, interruptions)]
    return page + expr.block(_commands(g, unwound.frames)) if expr else page


def head(runtime: Runtime, g: G, clock: Clock | None = None) -> list[Part]:
    """Return the parts that say which goroutine it is, and in which state."""
    title = tr("goroutine {goid}", goid=g.goid) if g.name.isdigit() else g.label
    page: list[Part] = [Heading(title, 2, aside=g_header.header(runtime, g, clock))]
    if labels := g_header.labels(runtime, g):
        page.append(Text(tr("labels: {labels}", labels=labels), "dim"))
    return page


def body(
    g: G,
    unwound: Unwound,
    chain: FramePointerChain | None = None,
    interruptions: Sequence[Interruption] = (),
) -> list[Part]:
    """Return the parts that show a stack."""
    page: list[Part] = []
    if g.stack.hi:
        page.append(stack_bar(g, used(g, unwound)))
    if unwound.frames:
        page.append(_frames(unwound, chain))
    if chain and (lost := divergence(unwound.frames, chain)):
        page.append(lost)
    if unwound.ended:
        page.append(Note(unwound.ended, "hint" if g.is_dead else "warn"))
    page += signals.handled(interruptions) if g.is_system else signals.interrupted(interruptions)
    if not interruptions and unwound.frames and unwound.frames[-1].function == SIGTRAMP:
        page.append(Note(tr("what the signal interrupted cannot be read"), "warn"))
    return page


def used(g: G, unwound: Unwound) -> int | None:
    """Return the bytes from the innermost frame's sp to hi, None when no frame is on the stack."""
    sp = next((frame.sp for frame in unwound.frames if frame.sp in g.stack), None)
    return None if sp is None else g.stack.hi - sp


def _frames(unwound: Unwound, chain: FramePointerChain | None) -> Table:
    columns = (
        Column("#", "right", 9),
        Column(tr("function"), keep=9),
        Column(tr("at"), keep=8),
        Column(tr("frame"), "right", 5),
        Column(tr("rbp walk"), keep=7),
        Column(tr("return slot"), "right", 6),
        Column(tr("saved rbp"), "right", 4),
        Column("sp", "right", 3),
    )
    rows: list[Sequence[Cell]] = []
    for number, frame in enumerate(unwound.frames):
        place = source_place(frame.file, frame.line)
        role: Role = "dim" if frame.elided else "function"
        row = [Cell(str(number)), Cell(frame.function, frame.function, role), Cell(place)]
        if frame.inlined:
            row += [Cell(tr("inlined"), None, "dim"), *[Cell("")] * 4]
        else:
            link = chain.link(number) if chain else None
            is_outermost = unwound.ended is None and number == len(unwound.frames) - 1
            returns_at = None if is_outermost else frame.return_slot
            row += [
                Cell(str(frame.cfa - frame.sp)),
                _reported(link),
                _none() if returns_at is None else address(returns_at),
                _saved_rbp(frame.fp_slot, link),
                address(frame.sp),
            ]
        rows.append(row)
    return Table(columns, rows)


def _reported(link: ChainLink | None) -> Cell:
    """Return whether a walk along rbp reports a frame."""
    if link is None:
        return Cell("")
    return Cell("✓", True, "good") if link.reported else Cell(tr("left out"), False, "bad")


def _saved_rbp(place: int | None, link: ChainLink | None) -> Cell:
    """Return where a frame saves rbp, as a warning when the chain does not go through it."""
    if place is None:
        return _none()
    cell = address(place)
    return Cell(cell.text, place, "warn") if link and not link.linked else cell


def _none() -> Cell:
    return Cell(tr("none"), None, "dim")


def divergence(frames: Sequence[Frame], chain: FramePointerChain) -> Note | None:
    """Return a note on the first caller that a walk along rbp misses, None when it misses none."""
    place = chain.divergence
    if place is None:
        return None
    link = chain.links[place]
    outer = chain.links[place + 1 :]
    missed = next((n for n, other in enumerate(outer) if other.reported), len(outer))
    here = _name(frames, link.frame)
    if missed < len(outer):
        caller = _name(frames, outer[missed].frame)
        walk = tr("shows {frame} as called by {caller}", frame=here, caller=caller)
    elif place:
        walk = tr("ends at {frame}", frame=here)
    else:
        walk = tr("shows {frame} and no caller", frame=here)
    inner = chain.links[place - 1].frame if place else None
    text = tr(
        "a walk along rbp {walk}: {why}; left out: {frames}",
        walk=walk,
        why=_why(frames, chain.start, link, inner) + _invented(chain),
        frames=_names(frames, [other.frame for other in outer[:missed]]),
    )
    return Note(text, "warn")


def _name(frames: Sequence[Frame], number: int) -> str:
    return f"#{number} {frames[number].function}"


def _names(frames: Sequence[Frame], numbers: Sequence[int]) -> str:
    first = _name(frames, numbers[0])
    if len(numbers) == 1:
        return first
    if len(numbers) == 2:
        return tr("{first} and {second}", first=first, second=_name(frames, numbers[1]))
    return first + tr(" and {count} more", count=len(numbers) - 1)


def _why(frames: Sequence[Frame], start: ChainStart, link: ChainLink, inner: int | None) -> str:
    """Return why the caller of a frame is missed; `inner` is the frame that the frame calls."""
    name = frames[link.frame].function
    match link.why:
        case "entry":
            return tr("no instruction of {name} has run, and rbp is still its caller's", name=name)
        case "prologue":
            return tr(
                "{name} stopped before its prologue saved rbp, which is still its caller's",
                name=name,
            )
        case "frameless":
            return tr("{name} keeps nothing on the stack, and rbp is still its caller's", name=name)
        case "returning":
            return tr("{name} is about to return, and rbp is its caller's again", name=name)
        case "unset":
            return tr(
                "{name} has not set rbp yet, or has restored it: it is its caller's", name=name
            )
        case "assembly":
            return tr("{name} is assembly that does not keep rbp where Go's code does", name=name)
        case "scratch":
            return tr(
                "{source} is {value:#x}, which marks no frame",
                source=start.source,
                value=start.value,
            )
        case "unsaved":
            return tr(
                "{source} is 0: rbp was not saved when the goroutine left its thread",
                source=start.source,
            )
        case "stale" if link.slot is None or inner is None:
            return tr(
                "{source} is {value:#x}, left over from another time",
                source=start.source,
                value=start.value,
            )
    if inner is None:
        return tr("the chain does not reach it")
    return tr("what {frame} saved as rbp marks no frame", frame=f"#{inner}")


def _invented(chain: FramePointerChain) -> str:
    """Return which words a walk along rbp would take for return addresses; "" when none."""
    pcs = [stray.pc for stray in chain.strays if stray.pc]
    if not pcs:
        return ""
    more = tr(" and {count} more", count=len(pcs) - 1) if len(pcs) > 1 else ""
    return tr(", and {pcs} would be taken for a return address", pcs=f"{pcs[0]:#x}{more}")


def _commands(g: G, frames: Sequence[Frame]) -> list[GdbCommand]:
    """Return the commands that print a stack's bounds and its innermost return addresses."""
    if g.unreadable:
        return []
    base = g_expression(g)
    commands = [
        GdbCommand(f"p/x {base}.stack.lo", f"{g.stack.lo:#x}"),
        GdbCommand(f"p/x {base}.stack.hi", f"{g.stack.hi:#x}"),
        GdbCommand(f"p/x {base}.stackguard0", f"{g.stackguard0:#x}"),
    ]
    with_memory = [frame for frame in frames if not frame.inlined]
    if with_memory:
        sp = with_memory[0].sp
        commands.append(GdbCommand(f"p {base}.stack.hi - {sp:#x}", str(g.stack.hi - sp)))
    for frame, caller in list(pairwise(with_memory))[:MOST_SLOTS]:
        if frame.return_slot is not None:
            commands.append(GdbCommand(f"x/a {frame.return_slot:#x}", caller.function, True))
    return commands
