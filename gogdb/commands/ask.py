"""Ask a question at the terminal, and understand the answer."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from select import select
from typing import NamedTuple

import gdb

from gogdb.boot.answer import parse_number
from gogdb.boot.question import Question
from gogdb.commands.output import Output
from gogdb.errors import GogdbError
from gogdb.gdbhost.command_names import command_meant
from gogdb.gdbhost.gdb_text import without_calls
from gogdb.i18n import tr
from gogdb.inferior.memory import WORD_MASK
from gogdb.view.doc.document import Doc, Note
from gogdb.view.question_text import QuestionText

__all__ = ["Answer", "ask", "can_ask", "understand"]

_POLL = 0.1  # s, until Ctrl-C is noticed
_LEAVING = ("q", "quit")  # as at GDB's prompt
_LONGEST_LINE = 4096  # bytes: a terminal gives no more at once
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`""")
# Assignments, but no comparisons. GDB 13 cannot forbid them by `set may-write-registers`: it
# changes that setting only before the program runs.
_ASSIGNMENT = re.compile(r"<<=|>>=|\+\+|--|(?<![=!<>])=(?!=)")


class Answer(NamedTuple):
    """An answer as it was typed, and `value`, a number or the name of an option.

    `text` is for the user: the option with its letter, or the expression with its value.
    """

    typed: str
    text: str
    value: int | str


def can_ask(from_tty: bool) -> bool:
    """Report whether somebody is there to answer."""
    return from_tty and sys.__stdin__ is not None and sys.__stdin__.isatty()


def ask(output: Output, prompt: str, take: Callable[[str], bool]) -> bool:
    """Ask until `take` is content with the answer, and return True; Ctrl-D, Ctrl-C or q: False.

    `take` raises `GogdbError` if the answer cannot be understood. An empty line is an answer. What
    is said meanwhile counts for no pager: it would stop in the card that follows.
    """
    with output.without_pager():
        while True:
            line = _read_line(prompt)
            if line is None or line in _LEAVING:
                return False
            try:
                if take(line):
                    return True
            except GogdbError as error:
                leave = tr("Ctrl-D or q leaves the question")
                output.doc(Doc([Note(str(error), "warn"), Note(leave)]))


def _read_line(prompt: str) -> str | None:
    """Return the line that the user types, None for Ctrl-D and for Ctrl-C."""
    gdb.write(prompt)
    gdb.flush()
    try:
        # not input(): its read is restarted after a signal, and Ctrl-C would wait for Enter
        while not select([0], [], [], _POLL)[0]:
            pass
        line = os.read(0, _LONGEST_LINE)
    except KeyboardInterrupt:
        line = b""
    if not line:
        gdb.write("\n")
        return None
    return line.decode(errors="replace").strip()


def understand(question: Question, text: str, texts: QuestionText) -> Answer:
    """Return what was answered. Raises `GogdbError` if it cannot be an answer to the question."""
    if not question.options:
        number = parse_number(text)
        if number is not None:
            return Answer(text, text, number & WORD_MASK)
        value = _evaluate(text)
        return Answer(text, f"{text} = {value:#x}", value)
    option = question.option(text)
    if option is None:
        hint = tr("answer with one of {letters}", letters=", ".join(question.letters))
        _check_no_command(text, hint)
        raise _refused(tr("{answer} is not one of the choices", answer=text), hint)
    letter = next(letter for letter, name in question.letters.items() if name == option)
    return Answer(text, f"{letter}) {texts.options(question)[letter]}", option)


def _evaluate(text: str) -> int:
    """Return the 64-bit value of a GDB expression where the program stands.

    Raises `GogdbError`, also for one that would change the program or call its functions.
    """
    hint = tr("answer with a number or a GDB expression")
    if _ASSIGNMENT.search(_QUOTED.sub("", text)):
        _check_no_command(text, hint)  # whose options begin with --
        raise _refused(
            tr("{answer} changes a value", answer=text),
            tr("answer with an expression that only reads"),
        )
    try:
        with without_calls():
            return int(gdb.parse_and_eval(text)) & WORD_MASK
    except (gdb.error, RuntimeError, UnicodeError) as error:
        _check_no_command(text, hint)
        if len(text) == 1:  # what GDB says of a letter explains nothing
            raise _refused(tr("{answer} is no answer", answer=text), hint) from None
        what = tr("{what}: {why}", what=text, why=str(error).rstrip("."))
        raise _refused(what, hint) from None


def _check_no_command(text: str, hint: str) -> None:
    """Raise `GogdbError` if a line looks like a GDB command: none can be typed at a question."""
    if (command := command_meant(text)) is not None:
        what = tr("{answer} looks like a command, {command}", answer=text, command=command)
        raise _refused(what, hint) from None


def _refused(what: str, hint: str) -> GogdbError:
    """Return an error in the language in use, with its punctuation."""
    return GogdbError(tr("{what}: {why}", what=what, why=hint))
