"""The signals that a thread is handling: what each was, and what it interrupted."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.i18n import tr
from gogdb.inferior.siginfo import Signal, code_name
from gogdb.runtime.interruptions import Interruption
from gogdb.view.doc.document import Cell, Column, Note, Part, Table
from gogdb.view.format import code_place, source_place

__all__ = ["handled", "interrupted"]


def handled(interruptions: Sequence[Interruption]) -> list[Part]:
    """Return each signal with the frames that it interrupted, the latest signal first.

    The frames below a panic, or of a thread that has not called the handler yet, are those of the
    stack itself, and are not repeated.
    """
    parts: list[Part] = []
    for each in interruptions:
        parts.append(Note(_sentence(each), "warn"))
        if each.in_go and (each.panics or each.pending):
            continue
        if each.unwound.frames:
            parts.append(_frames(each))
        if each.unwound.ended:
            parts.append(Note(each.unwound.ended, "warn"))
    return parts + _hint(interruptions)


def interrupted(interruptions: Sequence[Interruption]) -> list[Part]:
    """Return a note on the signal that interrupted a goroutine, the first of its thread's.

    Another one describes a signal that is pending, or has become a panic.
    """
    pending = [each for each in interruptions if each.pending]
    panics = [each for each in interruptions if each.panics]
    first = [each for each in interruptions if not (each.pending or each.panics)][-1:]
    notes = [Note(_sentence(each), "warn") for each in (*pending, *first, *panics)]
    return notes + _hint(interruptions)


def _hint(interruptions: Sequence[Interruption]) -> list[Part]:
    """Return how to see the calls in C that a thread's handler has interrupted, if it has."""
    thread = next((each.thread for each in interruptions if each.thread and not each.in_go), 0)
    if not thread:
        return []
    text = tr(
        "`thread apply {thread} backtrace` shows the calls in C, as far as GDB can unwind it",
        thread=thread,
    )
    return [Note(text)]


def _sentence(each: Interruption) -> str:
    if each.pending:
        sentence = _sentence(each._replace(pending=False))
        return tr("{sentence}; its handler has not been called yet", sentence=sentence)
    place = each.place
    where = f"{each.registers.pc:#x}"
    if place.file:
        where = f"{place.function} {source_place(place.file, place.line)}"
    elif place.function:
        where = code_place(place.function, place.offset)
    signal, stack = _signal(each), _stack(each)
    if each.panics and each.in_go:
        return tr("{signal}, became a panic: it interrupted {where}", signal=signal, where=where)
    if each.in_go:
        return tr("{signal}, interrupted {where}, {stack}", signal=signal, where=where, stack=stack)
    if each.goroutine:
        return tr(
            "{signal}, interrupted C code that {g} called: {where}, {stack}",
            signal=signal,
            g=each.goroutine,
            where=where,
            stack=stack,
        )
    return tr(
        "{signal}, interrupted C code: {where}, {stack}", signal=signal, where=where, stack=stack
    )


def _stack(each: Interruption) -> str:
    if each.overflows:
        return tr("beyond the end of {g}'s stack", g=each.overflows)
    if each.stack:
        return tr("on {g}'s stack", g=each.stack)
    return tr("on a stack that the runtime does not know")


def _signal(each: Interruption) -> str:
    """Return "SIGSEGV (11), SEGV_MAPERR at 0x0"."""
    signal = each.signal
    if signal.number is None:
        return tr("a signal whose handler is in C")
    name = f"{each.name} ({signal.number})" if each.name else tr("signal {n}", n=signal.number)
    return f"{name}, {code_name(signal)}{_cause(signal)}"


def _cause(signal: Signal) -> str:
    if signal.address is not None:
        return tr(" at {address}", address=f"{signal.address:#x}")
    if signal.sender is not None:
        return tr(" from process {pid}", pid=signal.sender)
    return ""


def _frames(each: Interruption) -> Table:
    columns = (Column("#", "right", 9), Column(tr("function"), keep=9), Column(tr("at"), keep=8))
    rows = [
        (
            Cell(str(number)),
            Cell(frame.function, frame.function, "dim" if frame.elided else "function"),
            Cell(source_place(frame.file, frame.line), frame.file),
        )
        for number, frame in enumerate(each.unwound.frames)
    ]
    return Table(columns, rows)
