"""Pictures of the two stacks that a stop is about, g0's and a goroutine's.

High addresses are on top.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gogdb.boot.stop import StopState
from gogdb.i18n import tr
from gogdb.runtime.model import G, Stack
from gogdb.runtime.unwind import Frame
from gogdb.view.address_text import describe, short
from gogdb.view.doc.document import Mark, Part, StackColumn, StackPicture, StackWord
from gogdb.view.stack_rows import free, gap, is_code, marks_at, near_hi, with_size

__all__ = [
    "StackPair",
    "column",
    "is_left_over",
    "meaning",
    "pair",
    "return_slots",
    "word",
    "word_in",
]

NEAR = 2  # words drawn from sp up; further ones are left over unless a frame uses them


@dataclass(frozen=True)
class StackPair:
    """A stop with its g0 and its goroutine.

    `goroutine_frames` are the goroutine's frames while the thread is on another stack.
    """

    state: StopState
    g0: G
    goroutine: G | None
    goroutine_frames: Sequence[Frame] = ()


def pair(stacks: StackPair, g0_title: str, goroutine_title: str, brief: bool = False) -> list[Part]:
    """Return both stacks side by side, nothing if neither has bounds yet.

    `brief` leaves out the return slots and what is under the goroutine's hi.
    """
    columns = []
    g0, g = stacks.g0, stacks.goroutine
    if g0.stack.hi:
        columns.append(column(g0_title, g0.stack, stacks, _saved_sp(g0), brief=brief))
    if g is not None and g.stack.hi:
        labels = _saved_sp(g) if stacks.goroutine_frames else {}
        columns.append(column(goroutine_title, g.stack, stacks, labels, not brief, brief))
    return [StackPicture(columns)] if columns else []


def _saved_sp(g: G) -> dict[int, str]:
    return {g.sched.sp: tr("at sched.sp")} if g.sched.sp else {}


def column(
    title: str,
    stack: Stack,
    stacks: StackPair,
    labels: Mapping[int, str],
    top: bool = True,
    brief: bool = False,
) -> StackColumn:
    """Return the words of `stack` that matter.

    They are those around sp, at fp, those with a label, without `brief` those in return slots,
    and, with `top`, the words under the goroutine's hi.
    """
    state, goroutine = stacks.state, stacks.goroutine
    addresses = set(labels)
    sp = state.sp
    if sp in stack:
        addresses |= {sp + 8 * i for i in range(NEAR) if sp + 8 * i < stack.hi}
    fp = state.registers.fp
    if fp in stack and fp < stack.hi:
        addresses.add(fp)
    if not brief:
        slots = return_slots(stacks)
        addresses |= {slot for slot in slots if slot in stack and slot in state.words}
    addresses.discard(stack.hi)  # an empty stack's sp: that word is not the stack's
    if top and goroutine is not None and stack == goroutine.stack:
        addresses.update(state.words.keys() & near_hi(stack))
    words = list(_with_gaps(sorted(addresses, reverse=True), stack, stacks, labels))
    return StackColumn(with_size(title, stack), stack.hi, stack.lo, words)


def _with_gaps(
    addresses: Sequence[int], stack: Stack, stacks: StackPair, labels: Mapping[int, str]
) -> Iterator[StackWord]:
    """Yield the words at `addresses`, from the highest on, with the gaps between them."""
    state, above = stacks.state, stack.hi
    slots = return_slots(stacks)
    for address in addresses:
        yield from gap(above, address)
        row = word_in(stack, address, state, slots)
        yield replace(row, meaning=labels[address], role="") if address in labels else row
        above = address
    saved = stacks.g0.sched.sp
    if state.sp not in stack and saved in stack and stack.lo_known:
        # the scheduler's stack, left behind
        below = tr("{count} bytes free below sched.sp", count=saved - stack.lo)
        yield StackWord(stack.lo, None, gap=below)
    elif above > stack.lo:
        yield free(stack, above)


def return_slots(stacks: StackPair) -> set[int]:
    """Return the addresses of the stack words that hold the frames' return addresses."""
    frames = (*stacks.state.frames, *stacks.goroutine_frames)
    slots = {frame.return_slot for frame in frames if frame.return_slot is not None}
    if stacks.goroutine is not None:  # the forged frame waits at its sp until it runs
        slots.add(stacks.goroutine.sched.sp)
    return slots


def word_in(
    stack: Stack, address: int, state: StopState, slots: Collection[int], marks: Sequence[Mark] = ()
) -> StackWord:
    """Return a word of `stack` as `word` does, with two shorter meanings.

    An address in the code outside the return `slots` is left over, and one in the stack itself is
    given by its distance from hi.
    """
    row = word(address, state, marks)
    if is_left_over(address, state, slots):
        return replace(row, meaning=tr("left over"), role="dim")
    if row.value is not None and row.value in stack:
        return replace(row, meaning=f"hi-{stack.hi - row.value:#x}")
    return row


def is_left_over(address: int, state: StopState, slots: Collection[int]) -> bool:
    """Report whether a word is a return address of an earlier call: nothing returns there now."""
    return address not in slots and is_code(state.word_info, address)


def word(address: int, state: StopState, marks: Sequence[Mark] = ()) -> StackWord:
    """Return one word of a picture, with `marks` and the registers that point at it."""
    marks = [*marks_at(state.registers, address), *marks]
    return StackWord(address, state.words.get(address), meaning(address, state), marks)


def meaning(address: int, state: StopState) -> str:
    """Return a short text on what the word at `address` points at; "" for a mere number."""
    info = state.word_info.get(address)
    return short(describe(info)) if info and info.kind not in ("nil", "number") else ""
