"""The stack pictures of the walk: the start-up stack, g0's and goroutine 1's, ABI0's frame.

High addresses are always on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gogdb.boot.observation import Observation, Record
from gogdb.i18n import tr
from gogdb.runtime.model import Stack
from gogdb.view.address_text import describe, short
from gogdb.view.doc import Part, StackColumn, StackPicture, StackWord

__all__ = ["abi0", "arguments", "forged", "pair", "prologue", "return_slots", "stacks", "word"]

STRINGS = 3  # of argv and envp each
NEAR = 2  # words shown from rsp upwards: what is above is old, unless a frame says what it is


def prologue(record: Record, brief: bool = False) -> list[Part]:
    """Goroutine 1's stack at the entry of runtime.main, and when rbp has been saved.

    `brief`: without all the words that newproc1 left free under hi.
    """
    columns = []
    for moment, title in (
        (record.main, tr("goroutine 1 at the entry")),
        (record.last, tr("goroutine 1 after the prologue")),
    ):
        if moment.main is not None and moment.sp in moment.main.stack:
            columns.append(_column(title, moment.main.stack, moment, {}, top=not brief))
    return [StackPicture(columns)]


def stacks(record: Record) -> list[Part]:
    """g0's stack, and goroutine 1's as soon as there is one."""
    return pair(record.main, tr("g0's stack"), tr("goroutine 1's stack"))


def pair(moment: Observation, system: str, goroutine: str) -> list[Part]:
    """The stacks of the g0 and of the goroutine that a moment is about, by these titles."""
    columns = []
    if moment.g0.stack.hi:
        columns.append(_column(system, moment.g0.stack, moment, _g0_labels(moment)))
    if moment.main is not None and moment.main.stack.hi:
        labels = _its_labels(moment) if moment.its_frames else {}
        columns.append(_column(goroutine, moment.main.stack, moment, labels))
    return [StackPicture(columns)] if columns else []


def _g0_labels(moment: Observation) -> dict[int, str]:
    saved = moment.g0.sched.sp
    return {saved: tr("at sched.sp")} if saved else {}


def _its_labels(moment: Observation) -> dict[int, str]:
    saved = moment.main.sched.sp if moment.main is not None else 0
    return {saved: tr("at sched.sp")} if saved else {}


def _column(
    title: str, stack: Stack, moment: Observation, labels: dict[int, str], top: bool = True
) -> StackColumn:
    """The words that matter: around rsp, those with a label, and, with `top`, those under hi."""
    shown = set(labels)
    sp = moment.sp
    if sp in stack:
        shown |= {sp + 8 * i for i in range(NEAR) if sp + 8 * i < stack.hi}
    rbp = moment.registers["rbp"]
    if rbp in stack and rbp < stack.hi:
        shown.add(rbp)
    slots = return_slots(moment)
    shown |= {slot for slot in slots if slot in stack and slot in moment.words}
    shown.discard(stack.hi)  # an empty stack's sp: that word is not the stack's
    if top and moment.main is not None and stack == moment.main.stack:
        shown |= {address for address in moment.words if stack.hi - 40 <= address < stack.hi}
    words = list(_with_gaps(sorted(shown, reverse=True), stack, moment, labels))
    return StackColumn(
        tr("{stack}, {size} B", stack=title, size=stack.size), stack.hi, stack.lo, words
    )


def _with_gaps(
    addresses: Sequence[int], stack: Stack, moment: Observation, labels: dict[int, str]
) -> Iterable[StackWord]:
    above = stack.hi
    slots = return_slots(moment)
    for address in addresses:
        if above - address > 8:
            yield StackWord(address + 8, None, gap=tr("{count} bytes", count=above - address - 8))
        found = word(address, moment)
        if address in labels:
            found = replace(found, meaning=labels[address])
        elif address not in slots and _is_code(address, moment):
            found = replace(found, meaning=tr("left over"), role="dim")  # nothing will return there
        elif found.value is not None and found.value in stack:
            found = replace(found, meaning=f"hi-{stack.hi - found.value:#x}")
        yield found
        above = address
    saved = moment.g0.sched.sp
    if moment.sp not in stack and saved in stack:  # the scheduler's stack, left behind
        free = tr("{count} bytes free below sched.sp", count=saved - stack.lo)
        yield StackWord(stack.lo, None, gap=free)
    elif above > stack.lo:
        yield StackWord(stack.lo, None, gap=tr("{count} bytes free", count=above - stack.lo))


def return_slots(moment: Observation) -> set[int]:
    """The words that somebody will return to; any other address of code is left over."""
    slots = {frame.return_slot for frame in (*moment.frames, *moment.its_frames)}
    if moment.main is not None:  # the forged frame waits at its sp until it runs
        slots.add(moment.main.sched.sp)
    return slots


def _is_code(address: int, moment: Observation) -> bool:
    what = moment.word_meanings.get(address)
    return what is not None and what.kind == "function"


def word(address: int, moment: Observation, label: str = "") -> StackWord:
    """One word of a picture, with the registers that point at it and `label` beside them."""
    value = moment.words.get(address)
    what = moment.word_meanings.get(address)
    told = short(describe(what)) if what and what.kind not in ("nil", "number") else ""
    marks = [name for name in ("rsp", "rbp") if moment.registers[name] == address]
    if label:
        marks.append(label)
    return StackWord(address, value, told, marks)


def arguments(record: Record, strings: int = STRINGS) -> list[Part]:
    """What the kernel put on the stack: argc at rsp, then argv, envp and the auxiliary vector.

    Of argv and envp the first `strings` each.
    """
    moment, values = record.main, record.values
    sp = moment.sp
    argv = values.get("argv")
    args = list(argv) if isinstance(argv, list | tuple) else []
    environment = values.get("envp")
    env = list(environment) if isinstance(environment, list | tuple) else []
    words = [StackWord(sp, moment.words.get(sp), "argc", ["rsp"])]
    at = sp + 8

    def text(word: str) -> str:
        return f'"{word if len(word) <= 40 else word[:39] + "…"}"'

    def pointers(name: str, every: list[str]) -> None:
        nonlocal at
        for number, word in enumerate(every[:strings]):
            value = moment.words.get(at + 8 * number)
            words.append(StackWord(at + 8 * number, value, f"{name}[{number}] → {text(word)}"))
        if len(every) > strings:
            more = tr("{count} more", count=len(every) - strings)
            words.append(StackWord(at + 8 * strings, None, gap=more))
        at += 8 * len(every)
        end, kept = tr("nil: the end of {name}", name=name), at in moment.words
        words.append(StackWord(at, moment.words.get(at), end, gap="" if kept else end))
        at += 8

    pointers("argv", args)
    pointers("envp", env)
    entries = tr("auxv: {count} entries", count=values.get("auxc"))
    words.append(StackWord(at, None, gap=entries))
    top = at + 16 * int(str(values.get("auxc") or 0)) + 16
    column = StackColumn(tr("the OS thread's stack, its top"), top, sp, list(reversed(words)), True)
    return [StackPicture([column])]


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
            marks = [r for r in ("rsp", "rbp") if moment.registers[r] == address]
            value = moment.words.get(address)
            unset = offset == 24 and moment is first  # whatever was left there
            signed = f" = {_signed(value)}" if offset and value is not None and not unset else ""
            words.append(StackWord(address, value, f"{name}{signed}", marks))
        columns.append(StackColumn(title, sp + 32, sp, words, True))
    where = tr("x+0(FP), y+8(FP), ret+16(FP), where FP was rsp+8 at the entry")
    return [StackPicture(columns, where)]


def _signed(word: int) -> int:
    return word - (1 << 64 if word >> 63 else 0)
