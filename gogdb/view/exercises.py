"""The exercises on a page: a question with all its answers, and what to try."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gogdb.boot.hint import Hint
from gogdb.boot.question import Question, Solution, Verdict
from gogdb.boot.stage import Stage
from gogdb.view.doc.pages import Answer, Asked, Prediction, Suggestion
from gogdb.view.question import title
from gogdb.view.question_text import QuestionText

__all__ = ["asked", "prediction", "suggestions"]


def prediction(
    question: Question | None, solution: Solution | None, texts: QuestionText
) -> Prediction | None:
    """Return a question with what is said to each answer, None without a question or solution."""
    if question is None or solution is None:
        return None
    answers = _options if question.options else _values
    return Prediction(
        texts.ask(question),
        list(answers(question, solution, texts)),
        bool(question.options),
        texts.explain(question, solution, Verdict(False)),
    )


def asked(stage: Stage, question: Question, texts: QuestionText) -> Asked:
    """Return the question about a stage that is not shown yet."""
    options = list(texts.options(question).values())
    return Asked(stage.id, stage.number, title(stage), texts.ask(question), options)


def _options(question: Question, solution: Solution, texts: QuestionText) -> Iterator[Answer]:
    names = question.letters
    for letter, text in texts.options(question).items():
        verdict = solution.judge(names[letter])
        yield Answer(text, verdict.right, texts.explain(question, solution, verdict))


def _values(question: Question, solution: Solution, texts: QuestionText) -> Iterator[Answer]:
    """Yield the right value, then those that misunderstandings lead to."""
    for value in (solution.right, *solution.traps.values()):
        assert isinstance(value, int)  # a question without options asks for a number
        verdict = solution.judge(value)
        yield Answer(f"{value:#x}", verdict.right, texts.explain(question, solution, verdict))


def suggestions(hints: Iterable[Hint], shows: Callable[[str], str]) -> list[Suggestion]:
    """Return what can be tried, with GDB's answers; `shows` gives the text on a hint by its id."""
    return [Suggestion(hint.command, hint.answer, shows(hint.id)) for hint in hints]
