"""Questions about stages, and what is said about an answer."""

from __future__ import annotations

from gogdb.boot.question import Question, Solution, Verdict
from gogdb.view.doc.document import Art, Doc, Heading, Note, Part, Span, Text
from gogdb.view.question_text import QuestionText

__all__ = ["question", "verdict"]


def question(question: Question, title: str, texts: QuestionText) -> Doc:
    """Return a question with its options."""
    parts: list[Part] = [Heading(title, 2), Text(texts.ask(question))]
    options = [
        [Span(f"{letter}) ", "strong"), Span(option)]
        for letter, option in texts.options(question).items()
    ]
    return Doc([*parts, Art(options)] if options else parts)


def verdict(question: Question, solution: Solution, verdict: Verdict, texts: QuestionText) -> Doc:
    """Return whether an answer was right, and why."""
    text = texts.explain(question, solution, verdict)
    return Doc([Note(text, "good" if verdict.right else "bad")])
