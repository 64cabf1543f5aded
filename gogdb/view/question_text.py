"""The texts of the questions about stages, and of what is said about an answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gogdb.boot.question import Question, Solution, Verdict
from gogdb.i18n import fill, texts, tr

__all__ = ["QuestionText", "question_text"]


class QuestionText:
    """The texts in one language, by stage (i18n/*/questions.toml, follow-questions.toml)."""

    def __init__(self, catalog: Mapping[str, Any]) -> None:
        self._catalog = catalog

    def ask(self, question: Question) -> str:
        """Return the question's text."""
        return fill(self._catalog[question.stage]["ask"], question.values)

    def options(self, question: Question) -> Mapping[str, str]:
        """Return the options by letter; nothing if a number is wanted."""
        options = self._catalog[question.stage].get("options", {})
        return {
            letter: str(options[name]).format(**question.values)
            for letter, name in question.letters.items()
        }

    def why(self, question: Question, solution: Solution) -> str:
        """Return the right answer, and why it is right; it follows "Yes, "."""
        return fill(self._catalog[question.stage]["why"], solution.values)

    def explain(self, question: Question, solution: Solution, verdict: Verdict) -> str:
        """Return why an answer is right, or what is wrong with it and where to look."""
        if verdict.right:
            return tr("Yes, {why}", why=self.why(question, solution))
        texts = self._catalog[question.stage]
        text = texts["wrong"].get(verdict.because)
        return fill(text or tr("No. {hint}", hint=texts["hint"]), solution.values)


@cache
def question_text(language: str, catalogue: str = "questions") -> QuestionText:
    """Return the texts in one of `gogdb.i18n.LANGUAGES`.

    `catalogue` is "questions" for the boot or "follow-questions" for `go-boot follow`.
    """
    return QuestionText(texts(language, catalogue))
