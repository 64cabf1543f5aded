"""Pictures of the two stacks that a stop is about, g0's and a goroutine's.

High addresses are on top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gogdb.boot.stop import StopState
from gogdb.i18n import tr
from gogdb.runtime.model import G, Stack
from gogdb.runtime.unwind import Frame
from gogdb.view.address_text import describe, short
from gogdb.view.doc import Part, StackColumn, StackPicture, StackWord

__all__ = ["StackPair", "column", "pair", "return_slots", "word"]

NEAR = 2  # words shown from sp upwards; those above are leftovers unless a frame names them


@dataclass(frozen=True)
class StackPair:
    """A stop with its g0 and its goroutine.

    `goroutine_frames` are the goroutine's frames while the thread is on another stack.
    """

    state: StopState
    g0: G
    goroutine: G | None
    goroutine_frames: Sequence[Frame] = ()


def pair(stacks: StackPair, g0_title: str, goroutine_title: str) -> list[Part]:
    """Return both stacks side by side, nothing if neither has bounds yet."""
    columns = []
    g0, g = stacks.g0, stacks.goroutine
    if g0.stack.hi:
        columns.append(column(g0_title, g0.stack, stacks, _saved_sp(g0)))
    if g is not None and g.stack.hi:
        labels = _saved_sp(g) if stacks.goroutine_frames else {}
        columns.append(column(goroutine_title, g.stack, stacks, labels))
    return [StackPicture(columns)] if columns else []


def _saved_sp(g: G) -> dict[int, str]:
    return {g.sched.sp: tr("at sched.sp")} if g.sched.sp else {}


def column(
    title: str, stack: Stack, stacks: StackPair, labels: Mapping[int, str], top: bool = True
) -> StackColumn:
    """Return the words of `stack` that matter.

    They are those around sp, at fp, in return slots, those with a label, and, with `top`, the
    words under the goroutine's hi.
    """
    state, goroutine = stacks.state, stacks.goroutine
    shown = set(labels)
    sp = state.sp
    if sp in stack:
        shown |= {sp + 8 * i for i in range(NEAR) if sp + 8 * i < stack.hi}
    fp = state.registers.fp
    if fp in stack and fp < stack.hi:
        shown.add(fp)
    slots = return_slots(stacks)
    shown |= {slot for slot in slots if slot in stack and slot in state.words}
    shown.discard(stack.hi)  # an empty stack's sp: that word is not the stack's
    if top and goroutine is not None and stack == goroutine.stack:
        shown |= {address for address in state.words if stack.hi - 40 <= address < stack.hi}
    words = list(_with_gaps(sorted(shown, reverse=True), stack, stacks, labels))
    return StackColumn(
        tr("{stack}, {size} B", stack=title, size=stack.size), stack.hi, stack.lo, words
    )


def _with_gaps(
    addresses: Sequence[int], stack: Stack, stacks: StackPair, labels: Mapping[int, str]
) -> Iterator[StackWord]:
    """Yield the words at `addresses`, from the highest on, with the gaps between them."""
    state, above = stacks.state, stack.hi
    slots = return_slots(stacks)
    for address in addresses:
        if above - address > 8:
            yield StackWord(address + 8, None, gap=tr("{count} bytes", count=above - address - 8))
        shown = word(address, state)
        if address in labels:
            shown = replace(shown, meaning=labels[address])
        elif address not in slots and _is_code(address, state):
            shown = replace(shown, meaning=tr("left over"), role="dim")  # nothing returns there
        elif shown.value is not None and shown.value in stack:
            shown = replace(shown, meaning=f"hi-{stack.hi - shown.value:#x}")
        yield shown
        above = address
    saved = stacks.g0.sched.sp
    if state.sp not in stack and saved in stack:  # the scheduler's stack, left behind
        free = tr("{count} bytes free below sched.sp", count=saved - stack.lo)
        yield StackWord(stack.lo, None, gap=free)
    elif above > stack.lo:
        yield StackWord(stack.lo, None, gap=tr("{count} bytes free", count=above - stack.lo))


def return_slots(stacks: StackPair) -> set[int]:
    """Return the addresses of the words to return to; other code addresses are left over."""
    frames = (*stacks.state.frames, *stacks.goroutine_frames)
    slots = {frame.return_slot for frame in frames if frame.return_slot is not None}
    if stacks.goroutine is not None:  # the forged frame waits at its sp until it runs
        slots.add(stacks.goroutine.sched.sp)
    return slots


def _is_code(address: int, state: StopState) -> bool:
    info = state.word_info.get(address)
    return info is not None and info.kind == "function"


def word(address: int, state: StopState, label: str = "") -> StackWord:
    """Return one word of a picture, with `label` and the registers that point at it."""
    value = state.words.get(address)
    info = state.word_info.get(address)
    text = short(describe(info)) if info and info.kind not in ("nil", "number") else ""
    marks = state.registers.stack_pointers_at(address)
    if label:
        marks.append(label)
    return StackWord(address, value, text, marks)
