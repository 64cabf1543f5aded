"""A prediction about the next step of a goroutine's round: asked for, and judged afterwards."""

from __future__ import annotations

from gogdb.boot.question import Question
from gogdb.boot.score import Score
from gogdb.commands.ask import Answer, ask, understand
from gogdb.commands.output import Output
from gogdb.follow.step import Record
from gogdb.i18n import language, tr
from gogdb.view import question as view
from gogdb.view.doc.document import Doc, Note
from gogdb.view.question_text import question_text

__all__ = ["Prediction"]


class Prediction:
    """What is predicted after the step `last`, whose question is `question`."""

    def __init__(self, last: Record, question: Question, score: Score) -> None:
        self._last = last
        self._question = question
        self._score = score
        self._texts = question_text(language(), "follow-questions")
        self._answer: Answer | None = None

    def take(self, text: str) -> None:
        """Take an answer; an empty line is no answer. Raises `GogdbError` if it cannot be one."""
        self._answer = understand(self._question, text, self._texts) if text else None

    def ask(self, output: Output) -> bool:
        """Ask for the answer at a terminal; return False after Ctrl-D and Ctrl-C."""

        def take(line: str) -> bool:
            self.take(line)
            return True

        with output.without_pager():
            self.show(output)
        return ask(output, tr("your prediction (an empty line: none): "), take)

    def show(self, output: Output) -> None:
        """Show the question."""
        number = self._last.number + 1
        title = tr("before step {number}: what will it show?", number=number)
        output.doc(view.question(self._question, title, self._texts))

    def show_how_to_answer(self, output: Output) -> None:
        """Say how to answer where there is no terminal to ask at."""
        hint = tr("predict: `go-boot predict ANSWER`; `go-boot follow` goes on without")
        output.doc(Doc([Note(hint)]))

    def outcome(self, following: Record, is_over: bool) -> Doc:
        """Return what came of the prediction, and the score."""
        solution = self._last.solution(following)
        verdict = None
        if solution and self._answer:
            verdict = solution.judge(self._answer.value)
            self._score.add(f"{self._last.number + 1}", verdict.right)
        text = self._answer.text if self._answer else ""
        shown = view.outcome(self._question, solution, verdict, text, self._texts)
        if is_over or not verdict:
            return shown
        return Doc([*shown.parts, *view.score_so_far(self._score).parts])
