"""What a walk along rbp would show of a stack, and why that is wrong, in words."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.i18n import tr
from gogdb.runtime.fp_chain import ChainLink, ChainStart, FramePointerChain
from gogdb.runtime.unwind import Frame
from gogdb.view.doc import Cell, Note

__all__ = ["divergence", "shown"]


def shown(link: ChainLink | None) -> Cell:
    """Whether a walk along rbp reports a frame; nothing for an inlined one."""
    if link is None:
        return Cell("")
    return Cell("✓", True, "good") if link.shown else Cell(tr("left out"), False, "bad")


def divergence(frames: Sequence[Frame], chain: FramePointerChain) -> Note | None:
    """One line about the first caller that a walk along rbp loses, None when it loses none."""
    place = chain.divergence
    if place is None:
        return None
    link = chain.links[place]
    after = chain.links[place + 1 :]
    lost = next((n for n, other in enumerate(after) if other.shown), len(after))
    left_out = _names(frames, [other.frame for other in after[:lost]])
    here = _name(frames, link.frame)
    if lost < len(after):
        caller = _name(frames, after[lost].frame)
        walk = tr("shows {frame} as called by {caller}", frame=here, caller=caller)
    elif place:
        walk = tr("ends at {frame}", frame=here)
    else:
        walk = tr("shows {frame} and no caller", frame=here)
    before = chain.links[place - 1].frame if place else None
    why = _why(frames, chain.start, link, before)
    told = tr(
        "a walk along rbp {walk}: {why}; left out: {frames}",
        walk=walk,
        why=why + _invented(chain),
        frames=left_out,
    )
    return Note(told, "warn")


def _name(frames: Sequence[Frame], number: int) -> str:
    return f"#{number} {frames[number].function}"


def _names(frames: Sequence[Frame], numbers: Sequence[int]) -> str:
    first = _name(frames, numbers[0])
    if len(numbers) == 1:
        return first
    if len(numbers) == 2:
        return tr("{first} and {second}", first=first, second=_name(frames, numbers[1]))
    return first + tr(" and {count} more", count=len(numbers) - 1)


def _why(frames: Sequence[Frame], start: ChainStart, link: ChainLink, before: int | None) -> str:
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
        case "stale" if link.slot is None or before is None:
            return tr(
                "{source} is {value:#x}, left over from another time",
                source=start.source,
                value=start.value,
            )
    if before is None:
        return tr("the chain does not come to it")
    return tr("what {frame} saved as rbp marks no frame", frame=f"#{before}")


def _invented(chain: FramePointerChain) -> str:
    """Callers that a walk along rbp makes up."""
    pcs = [stray.pc for stray in chain.strays if stray.pc]
    if not pcs:
        return ""
    more = tr(" and {count} more", count=len(pcs) - 1) if len(pcs) > 1 else ""
    return tr(", and {pcs} would be taken for a return address", pcs=f"{pcs[0]:#x}{more}")
