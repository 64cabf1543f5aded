"""The words of the guide, a file for each language: what hints show, and the questions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gogdb.boot.question import Question, Verdict
from gogdb.i18n import texts

__all__ = ["Guide", "guide"]


class Guide:
    """One language."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._words = words

    def hint(self, stage: str, hint: str) -> str:
        """What a suggestion shows."""
        return str(self._words[stage]["try"][hint])

    def ask(self, question: Question) -> str:
        return self._told(question, self._quiz(question)["ask"])

    def options(self, question: Question) -> Mapping[str, str]:
        """What stands behind each letter; empty when a value is wanted."""
        told = self._quiz(question).get("options", {})
        return {letter: str(told[name]) for letter, name in question.letters.items()}

    def explain(self, question: Question, verdict: Verdict) -> str:
        """Why an answer is right, or what is wrong with it and where to look."""
        quiz = self._quiz(question)
        if verdict.right:
            return self._told(question, quiz["right"])
        return self._told(question, quiz["wrong"].get(verdict.because) or quiz["hint"])

    def _quiz(self, question: Question) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._words[question.stage]["quiz"]
        return found

    def _told(self, question: Question, text: str) -> str:
        return text.format(**question.values)


@cache
def guide(language: str) -> Guide:
    """The words in a language, one of `gogdb.i18n.LANGUAGES`."""
    return Guide(texts(language, "guide"))
