"""A question about a stage as JSON: `go-boot quiz --json`."""

from __future__ import annotations

from gogdb.boot.question import Question, Verdict
from gogdb.boot.stage import Record
from gogdb.view.guide_text import GuideText

__all__ = ["quiz_json"]


def quiz_json(
    record: Record, question: Question, answer: str, verdict: Verdict | None, texts: GuideText
) -> dict[str, object]:
    """Return a stage's question; with a `verdict`, also whether `answer` is right, and why."""
    return {
        "id": record.stage.id,
        "number": record.stage.number,
        "question": texts.ask(question),
        "options": dict(texts.options(question)) or None,
        "answer": answer or None,
        "right": verdict and verdict.right,
        "explanation": texts.explain(question, verdict) if verdict else None,
    }
