"""A question about a stage as JSON: `go-boot quiz --json`."""

from __future__ import annotations

from gogdb.boot.question import Question, Solution, Verdict
from gogdb.boot.stage import Stage
from gogdb.view.question_text import QuestionText

__all__ = ["quiz_json"]


def quiz_json(
    stage: Stage,
    question: Question,
    answer: str,
    solution: Solution,
    verdict: Verdict | None,
    texts: QuestionText,
) -> dict[str, object]:
    """Return a stage's question; with a `verdict`, also whether `answer` is right, and why."""
    judged = texts.explain(question, solution, verdict) if verdict else None
    return {
        "id": stage.id,
        "number": stage.number,
        "question": texts.ask(question),
        "options": dict(texts.options(question)) or None,
        "answer": answer or None,
        "right": verdict and verdict.right,
        "explanation": judged,
    }
