"""`go-boot quiz`: a question about a stage, answered from the program itself."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from select import select

import gdb

from gogdb.boot.find import find_stage, ids_with_question
from gogdb.boot.question import Question, Verdict
from gogdb.boot.stage import Record, Stage
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.i18n import language, tr
from gogdb.inferior.memory import WORD_MASK
from gogdb.render.clean import escape
from gogdb.view import guide as view
from gogdb.view.doc.document import Doc, Note
from gogdb.view.guide_text import GuideText, guide_text
from gogdb.view.json.quiz import quiz_json

__all__ = ["run"]

_POLL = 0.1  # s, until Ctrl-C is noticed
_LONGEST_LINE = 4096  # bytes: a terminal gives no more at once


def run(session: Session, options: Namespace, from_tty: bool) -> None:
    """`go-boot quiz [STAGE] [ANSWER]`: ask a question, or judge the answer to it."""
    record, answer = _split_answer(session, options.answer.split())
    question, texts = record.question(), guide_text(language())
    if question is None:
        raise GogdbError(
            f"there is no question about {record.stage.id}",
            f"there are questions about {', '.join(ids_with_question())}",
        )
    with Output.open(options.out) as output:
        if options.json:
            verdict = _verdict(question, answer) if answer else None
            output.json(quiz_json(record, question, answer, verdict, texts))
        elif answer:
            _judge(output, question, answer, texts)
        else:
            output.doc(view.question(question, texts))
            if options.out is None and _can_converse(from_tty):
                _converse(output, question, texts)
            else:
                hint = tr("answer: `go-boot quiz {stage} ANSWER`", stage=question.stage)
                output.doc(Doc([Note(hint)]))


def _can_converse(from_tty: bool) -> bool:
    return from_tty and sys.__stdin__ is not None and sys.__stdin__.isatty()


def _split_answer(session: Session, words: list[str]) -> tuple[Record, str]:
    """Return the record of the stage that the first word names, and the answer after it.

    If the first word names no stage, all words are the answer, about the last stage seen.
    Raises `GogdbError` if the stage has not been seen.
    """
    walk = session.walk
    seen = [record for record in walk.records if record.observations] if walk else []
    if not seen:
        raise GogdbError("no stage has been seen yet", "`go-boot step` goes to the first one")
    stage = _named_stage(*words[:2]) if words else None
    if stage is None:
        return seen[-1], " ".join(words)
    record = next((record for record in seen if record.stage is stage), None)
    if record is None:
        raise GogdbError(
            f"stage {stage.number}, {stage.id}, has not been seen",
            f"`go-boot until {stage.id}` goes there",
        )
    return record, " ".join(words[1:])


def _named_stage(word: str, next_word: str = "") -> Stage | None:
    """Return the stage that `word` names, or None if it is part of an answer.

    A number names a stage only if something follows that can be an answer by itself: `3 b` is an
    answer about stage 3, and `3 + 4` is an expression.
    """
    answer_follows = next_word[:1].isalnum() or next_word[:1] in ("$", "(", "&")
    is_number = word.isdecimal() and answer_follows
    if not is_number and (len(word) < 2 or not word[0].isalpha()):
        return None
    try:
        return find_stage(word)
    except GogdbError:
        return None


def _converse(output: Output, question: Question, texts: GuideText) -> None:
    """Ask until the answer is right; an empty line, Ctrl-D or Ctrl-C ends it without an error."""
    while True:
        answer = _read_line(tr("your answer (an empty line: not now): "))
        if not answer:
            return
        try:
            if _judge(output, question, answer, texts):
                return
        except GogdbError as error:
            output.line(escape(str(error)))
            output.doc(Doc([Note(tr("an empty line leaves the question, for GDB's prompt"))]))


def _read_line(prompt: str) -> str:
    """Return the line that the user types; "" for an empty one, for Ctrl-D and for Ctrl-C."""
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
    return line.decode(errors="replace").strip()


def _judge(output: Output, question: Question, answer: str, texts: GuideText) -> bool:
    """Show whether `answer` is right, and return the same. Raises `GogdbError`."""
    verdict = _verdict(question, answer)
    output.doc(view.verdict(question, verdict, texts))
    return verdict.right


def _verdict(question: Question, answer: str) -> Verdict:
    """Judge an answer. Raises `GogdbError` if it cannot be an answer to the question."""
    if question.options:
        letter = answer.strip(" ()").lower()
        if letter not in question.letters:
            letters = ", ".join(question.letters)
            raise GogdbError(f"{answer} is not one of the choices", f"answer with one of {letters}")
        return question.judge(letter)
    return question.judge(_evaluate(answer))


def _evaluate(answer: str) -> int:
    """Return the 64-bit value of a number or of a GDB expression where the program stands."""
    try:
        return int(answer, 0) & WORD_MASK
    except ValueError:
        pass
    try:
        return int(gdb.parse_and_eval(answer)) & WORD_MASK
    except (gdb.error, RuntimeError, UnicodeError) as error:
        message = str(error).rstrip(".")
        raise GogdbError(
            f"{answer}: {message}", "answer with a number or a GDB expression"
        ) from None
