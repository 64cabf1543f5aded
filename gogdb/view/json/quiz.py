"""Questions about stages as JSON: `go-boot quiz --json` and `go-boot predict --json`."""

from __future__ import annotations

from gogdb.boot.question import Question, Solution, Verdict
from gogdb.boot.score import Score
from gogdb.boot.stage import Stage
from gogdb.view.question_text import QuestionText

__all__ = ["prediction_json", "quiz_json"]


def quiz_json(
    stage: Stage,
    question: Question,
    answer: str,
    solution: Solution | None,
    verdict: Verdict | None,
    texts: QuestionText,
) -> dict[str, object]:
    """Return a stage's question; with a `verdict`, also whether `answer` is right, and why."""
    judged = texts.explain(question, solution, verdict) if solution and verdict else None
    return {
        "id": stage.id,
        "number": stage.number,
        "question": texts.ask(question),
        "options": dict(texts.options(question)) or None,
        "answer": answer or None,
        "right": verdict and verdict.right,
        "explanation": judged,
    }


def prediction_json(
    stage: Stage,
    question: Question,
    answer: str,
    solution: Solution | None,
    verdict: Verdict | None,
    texts: QuestionText,
    score: Score,
) -> dict[str, object]:
    """Return the same about a prediction, the right answer if the stage has been run, the score."""
    return quiz_json(stage, question, answer, solution, verdict, texts) | {
        "why": texts.why(question, solution) if solution else None,
        "score": {"right": score.right, "count": score.count},
    }
