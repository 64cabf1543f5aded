"""The stacks of the whole walk, with the same rows at every stage, to see what moves.

These are the OS thread's stack, of which g0 takes a slice, and goroutine 1's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gogdb.boot.observation import Observation
from gogdb.boot.process_stack import ProcessArguments
from gogdb.boot.stage import Record
from gogdb.i18n import tr
from gogdb.runtime.model import Stack
from gogdb.view.boot_stacks import argument_words, arguments_end, at_stop
from gogdb.view.doc.document import Mark, StackColumn, StackPicture, StackWord
from gogdb.view.stack_columns import return_slots, word, word_in
from gogdb.view.stack_rows import gap, lo_unknown, near_hi, register_marks

__all__ = ["stack_timeline"]


def stack_timeline(records: Sequence[Record], only: str = "") -> Mapping[str, StackPicture]:
    """Return a picture for each stage that was seen, or for one of them, by its id."""
    stops = {record.stage.id: record.shown for record in records if record.observations}
    if not stops:
        return {}
    observations = list(stops.values())
    goroutines = {
        each.main_goroutine.stack
        for each in observations
        if each.main_goroutine and each.main_goroutine.stack.hi
    }
    thread = _thread_stack(observations, goroutines)
    rows = {stack: _rows(stack, observations) for stack in (thread, *goroutines)}
    return {
        id: StackPicture(
            [_thread_column(now, thread, rows[thread]), _goroutine_column(now, rows)],
            registers=register_marks(now.registers.arch),
        )
        for id, now in stops.items()
        if only in ("", id)
    }


def _thread_stack(observations: Sequence[Observation], others: Collection[Stack]) -> Stack:
    """Return the part of the OS thread's stack that was in use: g0's slice and what is above."""
    slices = [each.g0.stack for each in observations if each.g0.stack.hi]
    sps = [each.sp for each in observations if not any(each.sp in stack for stack in others)]
    lo = min([*(stack.lo for stack in slices), *sps])
    return Stack(lo, max([*(stack.hi for stack in slices), *(sp + 8 for sp in sps)]))


def _rows(stack: Stack, observations: Iterable[Observation]) -> list[int]:
    """Return every address that a register or a saved sp ever points at, the highest first."""
    addresses: set[int] = set()
    for each in observations:
        addresses |= {each.sp, each.registers.fp, each.g0.sched.sp}
        if each.main_goroutine is not None and each.main_goroutine.stack == stack:
            addresses.update(near_hi(stack))
            addresses.add(each.main_goroutine.sched.sp)
    return sorted((a for a in addresses if a in stack and a < stack.hi), reverse=True)


def _thread_column(now: Observation, stack: Stack, rows: Sequence[int]) -> StackColumn:
    g0 = now.g0
    words = list(_words(rows, stack, g0.stack, now, "g0.sched.sp", g0.sched.sp))
    if now.process and now.sp == now.process.sp:  # the program's entry
        below = [word for word in words if word.address < now.sp]
        words = [*_strings(now.process), *argument_words(now, now.process), *below]
    if not g0.stack.hi:
        return StackColumn(tr("the OS thread's stack"), stack.hi, stack.lo, words, True)
    edge = tr("from here on g0's: hi {hi}", hi=f"{g0.stack.hi:#x}")
    at = next(i for i, word in enumerate(words) if word.address < g0.stack.hi)
    words.insert(at, StackWord(g0.stack.hi, None, rule=edge))
    if not g0.stack.lo_known:
        return StackColumn(tr("the OS thread's stack"), stack.hi, stack.lo, words, True)
    words.append(StackWord(g0.stack.lo, None, rule=tr("its end: lo {lo}", lo=f"{g0.stack.lo:#x}")))
    title = tr("the OS thread's stack; g0's slice of it: {size} B", size=g0.stack.size)
    return StackColumn(title, stack.hi, stack.lo, words, True)


def _strings(process: ProcessArguments) -> list[StackWord]:
    """Return a row for all that is above the words that argv and envp begin with."""
    text = tr("the strings of argv and envp")
    return [StackWord(arguments_end(process), None, gap=text)]


def _goroutine_column(now: Observation, rows: Mapping[Stack, Sequence[int]]) -> StackColumn:
    if now.main_goroutine is None or not now.main_goroutine.stack.hi:
        return StackColumn(tr("goroutine 1 has no stack yet"), 0, 0, ())
    stack = now.main_goroutine.stack
    saved_sp = now.main_goroutine.sched.sp
    words = list(_words(rows[stack], stack, stack, now, "g1.sched.sp", saved_sp))
    title = tr("goroutine 1's stack: {size} B", size=stack.size)
    return StackColumn(title, stack.hi, stack.lo, words)


def _words(
    rows: Sequence[int], stack: Stack, own: Stack, now: Observation, label: str, saved_sp: int
) -> Iterator[StackWord]:
    """Yield the words at these addresses, the gaps between them, and the rest down to lo.

    `own` is the part of `stack` that belongs to the g: from its hi the distances are counted.
    """
    above, slots = stack.hi, return_slots(at_stop(now))
    for address in rows:
        yield from gap(above, address)
        marks = [Mark(label)] if address == saved_sp else []
        if now.sp in stack and address < now.sp:  # free: the value is old
            yield replace(word(address, now, marks), value=None, meaning="")
        else:
            yield word_in(own, address, now, slots, marks)
        above = address
    if stack.lo_known:
        rest = tr("{count} bytes down to lo", count=above - stack.lo)
    else:
        rest = lo_unknown(stack)
    yield StackWord(stack.lo, None, gap=rest)
