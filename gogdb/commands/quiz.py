"""`go-boot quiz`: a question about a stage, answered from the program itself."""

from __future__ import annotations

from argparse import Namespace

from gogdb.boot.find import find_stage
from gogdb.boot.question import Question, Solution
from gogdb.boot.stage import Record, Stage
from gogdb.boot.stages import STAGES
from gogdb.commands.ask import ask, can_ask, understand
from gogdb.commands.gone_on import nothing_seen
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.i18n import language, tr
from gogdb.view import question as view
from gogdb.view.doc.document import Doc, Note
from gogdb.view.json.quiz import quiz_json
from gogdb.view.question_text import QuestionText, question_text

__all__ = ["run"]


def run(session: Session, options: Namespace, from_tty: bool) -> None:
    """`go-boot quiz [STAGE] [ANSWER]`: ask a question, or judge the answer to it."""
    record, answer = _split_answer(session, options.answer.split())
    question, solution, texts = record.question, record.solution(), question_text(language())
    if question is None or solution is None:
        raise GogdbError(
            f"this run has no answer to a question about {record.stage.id}",
            "`go-boot show` shows what was recorded",
        )
    with Output.open(options.out) as output:
        if options.json:
            verdict = None
            if answer:
                verdict = solution.judge(understand(question, answer, texts).value)
            output.json(quiz_json(record.stage, question, answer, solution, verdict, texts))
        elif answer:
            _judge(output, question, solution, answer, texts)
        else:
            title = tr("a question about {stage}", stage=question.stage)
            asked = view.question(question, title, texts)
            if options.out is None and can_ask(from_tty):
                with output.without_pager():
                    output.doc(asked)
                _converse(output, question, solution, texts)
            else:
                output.doc(asked)
                hint = tr("answer: `go-boot quiz {stage} ANSWER`", stage=question.stage)
                output.doc(Doc([Note(hint)]))


def _split_answer(session: Session, words: list[str]) -> tuple[Record, str]:
    """Return the record of the stage that the first word names, and the answer after it.

    If the first word names no stage, all words are the answer, about the last stage seen.
    Raises `GogdbError` if the stage has not been seen.
    """
    walk = session.walk
    seen = [record for record in walk.records if record.observations] if walk else []
    if not seen:
        raise nothing_seen(session)
    is_option = len(words) == 1 and _is_option(seen[-1], words[0])
    stage = _named_stage(*words[:2]) if words and not is_option else None
    if stage is None:
        return seen[-1], " ".join(words)
    record = next((record for record in seen if record.stage is stage), None)
    if record is None:
        raise GogdbError(
            f"stage {stage.number}, {stage.id}, has not been seen",
            f"`go-boot until {stage.id}` goes there",
        )
    return record, " ".join(words[1:])


def _is_option(record: Record, word: str) -> bool:
    """Report whether `word` is the name of an option, and not the id of a stage."""
    options = record.question.options if record.question else ()
    return word in options and all(word != stage.id for stage in STAGES)


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


def _converse(output: Output, question: Question, solution: Solution, texts: QuestionText) -> None:
    """Ask until the answer is right; an empty line, Ctrl-D or Ctrl-C ends it without an error."""

    def take(line: str) -> bool:
        return not line or _judge(output, question, solution, line, texts)

    ask(output, tr("your answer (an empty line: not now): "), take)


def _judge(
    output: Output, question: Question, solution: Solution, answer: str, texts: QuestionText
) -> bool:
    """Show whether `answer` is right, and return the same. Raises `GogdbError`."""
    verdict = solution.judge(understand(question, answer, texts).value)
    output.doc(view.verdict(question, solution, verdict, texts))
    return verdict.right
