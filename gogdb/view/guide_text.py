"""The texts of the guided walk beside the narration: what hints show, and the questions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gogdb.boot.question import Question, Verdict
from gogdb.i18n import texts

__all__ = ["GuideText", "guide_text"]


class GuideText:
    """The texts in one language, by stage (i18n/*/guide.toml)."""

    def __init__(self, catalog: Mapping[str, Any]) -> None:
        self._catalog = catalog

    def hint(self, stage: str, hint: str) -> str:
        """Return what a hint shows."""
        return str(self._catalog[stage]["try"][hint])

    def ask(self, question: Question) -> str:
        """Return the question's text."""
        return _fill(question, self._quiz(question)["ask"])

    def options(self, question: Question) -> Mapping[str, str]:
        """Return the options by letter; nothing if a value is wanted."""
        options = self._quiz(question).get("options", {})
        return {letter: str(options[name]) for letter, name in question.letters.items()}

    def explain(self, question: Question, verdict: Verdict) -> str:
        """Return why an answer is right, or what is wrong with it and where to look."""
        quiz = self._quiz(question)
        if verdict.right:
            return _fill(question, quiz["right"])
        return _fill(question, quiz["wrong"].get(verdict.because) or quiz["hint"])

    def _quiz(self, question: Question) -> Mapping[str, Any]:
        quiz: Mapping[str, Any] = self._catalog[question.stage]["quiz"]
        return quiz


def _fill(question: Question, text: str) -> str:
    return text.format(**question.values)


@cache
def guide_text(language: str) -> GuideText:
    """Return the texts in a language, one of `gogdb.i18n.LANGUAGES`."""
    return GuideText(texts(language, "guide"))
