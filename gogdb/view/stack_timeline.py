"""The stacks of the whole walk: the same rows at every stage, so that the eye sees what moves.

The OS thread's stack, of which g0 takes a slice, and the stack that goroutine 1 has by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.i18n import tr
from gogdb.runtime.model import Stack
from gogdb.view.boot_stacks import at_stop
from gogdb.view.doc import StackColumn, StackPicture, StackWord
from gogdb.view.stack_columns import return_slots, word

__all__ = ["road"]

TOP = 5  # words of goroutine 1's stack shown under its hi: those that malg and gostartcall use


def road(records: Sequence[Record]) -> Mapping[str, StackPicture]:
    """A picture for each stage that was seen, by its id."""
    moments = {record.stage.id: record.shown for record in records if record.observations}
    if not moments:
        return {}
    mine = {m.main.stack for m in moments.values() if m.main and m.main.stack.hi}
    system = _system(list(moments.values()), mine)
    rows = {stack: _rows(stack, moments.values()) for stack in (system, *mine)}
    return {
        stage: StackPicture([_os(moment, system, rows[system]), _own(moment, rows)])
        for stage, moment in moments.items()
    }


def _system(moments: Sequence[Observation], others: Iterable[Stack]) -> Stack:
    """What the walk saw of the thread's own stack: g0's slice and what lies above it."""
    known = [m.g0.stack for m in moments if m.g0.stack.hi]
    seen = [m.sp for m in moments if not any(m.sp in stack for stack in others)]
    ends = [*(stack.hi for stack in known), *(sp + 8 for sp in seen)]
    return Stack(min([*(stack.lo for stack in known), *seen]), max(ends))


def _rows(stack: Stack, moments: Iterable[Observation]) -> list[int]:
    """Every word that a register or a saved sp ever points at, the highest first."""
    found: set[int] = set()
    for moment in moments:
        found |= {moment.sp, moment.registers.fp, moment.g0.sched.sp}
        if moment.main is not None and moment.main.stack == stack:
            found |= {stack.hi - 8 * i for i in range(1, TOP + 1)}
            found.add(moment.main.sched.sp)
    return sorted((a for a in found if stack.lo <= a < stack.hi), reverse=True)


def _os(moment: Observation, stack: Stack, rows: Sequence[int]) -> StackColumn:
    g0 = moment.g0
    words = list(_words(rows, stack, moment, "g0.sched.sp", g0.sched.sp))
    if not g0.stack.hi:
        return StackColumn(tr("the OS thread's stack"), stack.hi, stack.lo, words, True)
    edge = tr("from here on g0's: hi {hi}", hi=f"{g0.stack.hi:#x}")
    at = next(i for i, row in enumerate(words) if row.address < g0.stack.hi)
    words.insert(at, StackWord(g0.stack.hi, None, rule=edge))
    words.append(StackWord(g0.stack.lo, None, rule=tr("its end: lo {lo}", lo=f"{g0.stack.lo:#x}")))
    title = tr("the OS thread's stack; g0's slice of it: {size} B", size=g0.stack.size)
    return StackColumn(title, stack.hi, stack.lo, words, True)


def _own(moment: Observation, rows: Mapping[Stack, Sequence[int]]) -> StackColumn:
    main = moment.main
    if main is None or not main.stack.hi:
        return StackColumn(tr("goroutine 1 has no stack yet"), 0, 0, ())
    stack = main.stack
    words = list(_words(rows[stack], stack, moment, "g1.sched.sp", main.sched.sp))
    return StackColumn(
        tr("goroutine 1's stack: {size} B", size=stack.size), stack.hi, stack.lo, words
    )


def _words(
    rows: Sequence[int], stack: Stack, moment: Observation, label: str, saved: int
) -> Iterator[StackWord]:
    above = stack.hi
    returns = return_slots(at_stop(moment))
    for address in rows:
        if above - address > 8:
            yield _gap(address + 8, above - address - 8)
        found = word(address, moment, label if address == saved else "")
        what = moment.word_info.get(address)
        if moment.sp in stack and address < moment.sp:
            found = replace(found, value=None, meaning="")  # free: whatever lies there is old
        elif address not in returns and what is not None and what.kind == "function":
            found = replace(found, meaning=tr("left over"), role="dim")  # nothing returns there
        elif found.value is not None and found.value in stack:
            found = replace(found, meaning=f"hi-{stack.hi - found.value:#x}")
        yield found
        above = address
    yield StackWord(stack.lo, None, gap=tr("{count} bytes down to lo", count=above - stack.lo))


def _gap(address: int, size: int) -> StackWord:
    return StackWord(address, None, gap=tr("{count} bytes", count=size))
