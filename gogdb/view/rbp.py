"""What a walk along rbp would show of a stack, and why that is wrong, in words."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.runtime.rbpchain import Chain, Link, Start
from gogdb.runtime.unwind import Frame
from gogdb.view.doc import Cell, Note

__all__ = ["divergence", "shown"]


def shown(link: Link | None) -> Cell:
    """Whether a walk along rbp reports a frame; nothing for an inlined one."""
    if link is None:
        return Cell("")
    return Cell("✓", True, "good") if link.shown else Cell("left out", False, "bad")


def divergence(frames: Sequence[Frame], chain: Chain) -> Note | None:
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
        walk = f"shows {here} as called by {_name(frames, after[lost].frame)}"
    elif place:
        walk = f"ends at {here}"
    else:
        walk = f"shows {here} and no caller"
    before = chain.links[place - 1].frame if place else None
    why = _why(frames, chain.start, link, before)
    made_up = _invented(chain)
    return Note(f"a walk along rbp {walk}: {why}{made_up}; left out: {left_out}", "warn")


def _name(frames: Sequence[Frame], number: int) -> str:
    return f"#{number} {frames[number].function}"


def _names(frames: Sequence[Frame], numbers: Sequence[int]) -> str:
    first = _name(frames, numbers[0])
    if len(numbers) == 1:
        return first
    if len(numbers) == 2:
        return f"{first} and {_name(frames, numbers[1])}"
    return f"{first} and {len(numbers) - 1} more"


def _why(frames: Sequence[Frame], start: Start, link: Link, before: int | None) -> str:
    name = frames[link.frame].function
    match link.why:
        case "entry":
            return f"no instruction of {name} has run, and rbp is still its caller's"
        case "prologue":
            return f"{name} stopped before its prologue saved rbp, which is still its caller's"
        case "frameless":
            return f"{name} keeps nothing on the stack, and rbp is still its caller's"
        case "returning":
            return f"{name} is about to return, and rbp is its caller's again"
        case "unset":
            return f"{name} has not set rbp yet, or has restored it: it is its caller's"
        case "assembly":
            return f"{name} is assembly that does not keep rbp where Go's code does"
        case "scratch":
            return f"{start.source} is {start.value:#x}, which marks no frame"
        case "unsaved":
            return f"{start.source} is 0: rbp was not saved when the goroutine left its thread"
        case "stale" if link.slot is None or before is None:
            return f"{start.source} is {start.value:#x}, left over from another time"
    if before is None:
        return "the chain does not come to it"
    return f"what #{before} saved as rbp marks no frame"


def _invented(chain: Chain) -> str:
    """Callers that a walk along rbp makes up."""
    pcs = [stray.pc for stray in chain.strays if stray.pc]
    if not pcs:
        return ""
    more = f" and {len(pcs) - 1} more" if len(pcs) > 1 else ""
    return f", and {pcs[0]:#x}{more} would be taken for a return address"
