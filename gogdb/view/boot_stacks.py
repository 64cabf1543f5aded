"""The stack pictures of the walk: the process's arguments, g0 and goroutine 1, an ABI0 frame.

High addresses are on top.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.boot.observation import Observation
from gogdb.boot.process_stack import ProcessArguments
from gogdb.boot.stage import Record
from gogdb.i18n import tr
from gogdb.view.doc.document import Mark, Note, Part, StackColumn, StackPicture, StackWord
from gogdb.view.stack_columns import StackPair, column, pair, word
from gogdb.view.stack_rows import free, marks_at, near_hi, register_marks

__all__ = [
    "abi0",
    "argument_words",
    "arguments",
    "arguments_end",
    "at_stop",
    "forged",
    "hidden_values",
    "prologue",
    "stacks",
]

STRINGS = 3  # of argv and envp each
LONGEST = 40  # characters of a string


def prologue(record: Record, brief: bool = False) -> list[Part]:
    """Return goroutine 1's stack at the entry of runtime.main, and after its prologue.

    `brief` leaves out the words that newproc1 left free under hi.
    """
    columns = [
        column(title, now.g1.stack, at_stop(now), {}, top=not brief)
        for now, title in (
            (record.shown, tr("goroutine 1 at the entry")),
            (record.last, tr("goroutine 1 after the prologue")),
        )
        if now.sp in now.g1.stack
    ]
    return [StackPicture(columns)]


def stacks(record: Record) -> list[Part]:
    """Return g0's stack, and goroutine 1's as soon as there is one."""
    return pair(at_stop(record.shown), tr("g0's stack"), tr("goroutine 1's stack"))


def at_stop(observation: Observation) -> StackPair:
    """Return the stacks that a stop of the boot is about, g0's and goroutine 1's."""
    return StackPair(observation, observation.g0, observation.main_goroutine)


def arguments(record: Record, strings: int = STRINGS) -> list[Part]:
    """Return what the kernel put on the stack: argc at sp, then argv, envp, the auxiliary vector.

    Of argv and envp the first `strings` are shown.
    """
    process = record.shown.process
    if process is None:
        return []
    words = argument_words(record.shown, process, strings)
    title = tr("the OS thread's stack, its top")
    picture = StackPicture([StackColumn(title, arguments_end(process), process.sp, words, True)])
    return [picture, *hidden_values(record)]


def hidden_values(record: Record) -> list[Part]:
    """Return a note that the values of the environment variables are left out, if they are."""
    process = record.shown.process
    if process is None or not process.hidden_values:
        return []
    text = tr(
        "The values of the environment variables are left out (--env keeps them); the program's "
        "arguments are shown."
    )
    return [Note(text)]


def arguments_end(process: ProcessArguments) -> int:
    """Return the address above the auxiliary vector."""
    pointers = 1 + len(process.argv) + 1 + len(process.envp) + 1
    return process.sp + 8 * pointers + 16 * (len(process.auxv) + 1)


def argument_words(
    now: Observation, process: ProcessArguments, strings: int = STRINGS
) -> list[StackWord]:
    """Return the words from the auxiliary vector down to argc, the highest first.

    Of argv and envp the first `strings` are shown.
    """
    argv, envp = process.sp + 8, process.sp + 8 + 8 * (len(process.argv) + 1)
    auxv = envp + 8 * (len(process.envp) + 1)
    sp, _ = register_marks(now.registers.arch)
    words = [
        StackWord(process.sp, now.words.get(process.sp), "argc", [sp]),
        *_pointers("argv", argv, process.argv[:strings], len(process.argv), now),
        *_pointers("envp", envp, process.envp[:strings], len(process.envp), now),
    ]
    entries = tr("auxv: {count} entries", count=len(process.auxv))
    words.append(StackWord(auxv, None, gap=entries))
    return words[::-1]


def _pointers(
    name: str, start: int, strings: Sequence[str], count: int, now: Observation
) -> Iterator[StackWord]:
    """Yield the pointers to `strings`, the first of `count`, and the nil that ends the list."""
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
    """Return the top of goroutine 1's stack before and after gostartcall."""
    columns = []
    for label, title in (("before", tr("before")), ("after", tr("after"))):
        now = record.at(label)
        stack, saved_sp = now.g1.stack, now.g1.sched.sp
        words = [
            word(address, now, [Mark("sched.sp")] if address == saved_sp else ())
            for address in near_hi(stack)
        ]
        words.append(free(stack, min(near_hi(stack))))
        columns.append(StackColumn(title, stack.hi, stack.lo, words))
    return [StackPicture(columns, tr("goroutine 1's stack, its top"))]


def abi0(record: Record) -> list[Part]:
    """Return the arguments of add on the stack, at its entry and after its return."""
    first, last = record.at("at"), record.last
    columns = []
    for now, title, numbers in (
        (first, tr("at the entry of add"), ("x", "y")),  # ret is not set yet
        (last, tr("after its return"), ("x", "y", "ret")),
    ):
        words = [
            _argument(first.sp + offset, name, name in numbers, now)
            for offset, name in ((24, "ret"), (16, "y"), (8, "x"), (0, tr("return pc")))
        ]
        columns.append(StackColumn(title, first.sp + 32, first.sp, words, True))
    where = tr("x+0(FP), y+8(FP), ret+16(FP), where FP was rsp+8 at the entry")
    return [StackPicture(columns, where)]


def _argument(address: int, name: str, is_number: bool, now: Observation) -> StackWord:
    value = now.words.get(address)
    text = f"{name} = {_signed(value)}" if is_number and value is not None else name
    return StackWord(address, value, text, marks_at(now.registers, address))


def _signed(word: int) -> int:
    """Return a word as int64."""
    return word - (1 << 64 if word >> 63 else 0)
