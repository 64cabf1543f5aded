"""The stack pictures of the walk: the start-up stack, g0's and goroutine 1's, ABI0's frame.

High addresses are always on top.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.i18n import tr
from gogdb.view.doc import Part, StackColumn, StackPicture, StackWord
from gogdb.view.stack_columns import StackPair, column, pair, word

__all__ = ["abi0", "arguments", "at_stop", "forged", "prologue", "stacks"]

STRINGS = 3  # of argv and envp each
LONGEST = 40  # characters of a string


def prologue(record: Record, brief: bool = False) -> list[Part]:
    """Goroutine 1's stack at the entry of runtime.main, and when rbp has been saved.

    `brief`: without all the words that newproc1 left free under hi.
    """
    columns = []
    for moment, title in (
        (record.shown, tr("goroutine 1 at the entry")),
        (record.last, tr("goroutine 1 after the prologue")),
    ):
        if moment.main is not None and moment.sp in moment.main.stack:
            columns.append(column(title, moment.main.stack, at_stop(moment), {}, top=not brief))
    return [StackPicture(columns)]


def stacks(record: Record) -> list[Part]:
    """g0's stack, and goroutine 1's as soon as there is one."""
    return pair(at_stop(record.shown), tr("g0's stack"), tr("goroutine 1's stack"))


def at_stop(observation: Observation) -> StackPair:
    """Return the stacks that a stop of the boot is about, g0's and goroutine 1's."""
    return StackPair(observation, observation.g0, observation.main)


def arguments(record: Record, strings: int = STRINGS) -> list[Part]:
    """What the kernel put on the stack: argc at rsp, then argv, envp and the auxiliary vector.

    Of argv and envp the first `strings` each.
    """
    now, process = record.shown, record.shown.process
    if process is None:
        return []
    argv, envp = process.sp + 8, process.sp + 8 + 8 * (len(process.argv) + 1)
    auxv = envp + 8 * (len(process.envp) + 1)
    words = [
        StackWord(process.sp, now.words.get(process.sp), "argc", [now.registers.arch.sp]),
        *_pointers("argv", argv, process.argv[:strings], len(process.argv), now),
        *_pointers("envp", envp, process.envp[:strings], len(process.envp), now),
    ]
    entries = tr("auxv: {count} entries", count=len(process.auxv))
    words.append(StackWord(auxv, None, gap=entries))
    top = auxv + 16 * (len(process.auxv) + 1)
    title = tr("the OS thread's stack, its top")
    return [StackPicture([StackColumn(title, top, process.sp, words[::-1], True)])]


def _pointers(
    name: str, start: int, strings: Sequence[str], count: int, now: Observation
) -> Iterator[StackWord]:
    """A list of `count` pointers to strings, and the nil at its end, from low addresses up."""
    for number, string in enumerate(strings):
        address = start + 8 * number
        text = string if len(string) <= LONGEST else string[: LONGEST - 1] + "…"
        yield StackWord(address, now.words.get(address), f'{name}[{number}] → "{text}"')
    if count > len(strings):
        more = tr("{count} more", count=count - len(strings))
        yield StackWord(start + 8 * len(strings), None, gap=more)
    end, nil = start + 8 * count, tr("nil: the end of {name}", name=name)
    yield StackWord(end, now.words.get(end), nil, gap="" if end in now.words else nil)


def forged(record: Record) -> list[Part]:
    """The top of goroutine 1's stack before and after gostartcall."""
    columns = []
    for label, title in (("before", tr("before")), ("after", tr("after"))):
        moment = record.at(label)
        if moment.main is None:
            return []
        stack, gobuf = moment.main.stack, moment.main.sched
        words = [
            word(address, moment, "sched.sp" if address == gobuf.sp else "")
            for address in range(stack.hi - 8, stack.hi - 48, -8)
        ]
        words.append(StackWord(stack.lo, None, gap=tr("{count} bytes free", count=stack.size - 40)))
        columns.append(StackColumn(title, stack.hi, stack.lo, words))
    return [StackPicture(columns, tr("goroutine 1's stack, its top"))]


def abi0(record: Record) -> list[Part]:
    """The arguments of add on the stack, at its entry and after its return."""
    first = record.at("at")
    sp = first.sp
    names = {0: tr("return pc"), 8: "x", 16: "y", 24: "ret"}
    columns = []
    for moment, title in (
        (first, tr("at the entry of add")),
        (record.last, tr("after its return")),
    ):
        words = []
        for offset, name in sorted(names.items(), reverse=True):
            address = sp + offset
            marks = moment.registers.stack_pointers_at(address)
            value = moment.words.get(address)
            unset = offset == 24 and moment is first  # whatever was left there
            signed = f" = {_signed(value)}" if offset and value is not None and not unset else ""
            words.append(StackWord(address, value, f"{name}{signed}", marks))
        columns.append(StackColumn(title, sp + 32, sp, words, True))
    where = tr("x+0(FP), y+8(FP), ret+16(FP), where FP was rsp+8 at the entry")
    return [StackPicture(columns, where)]


def _signed(word: int) -> int:
    return word - (1 << 64 if word >> 63 else 0)
