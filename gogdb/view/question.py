"""Questions about stages: `go-boot quiz` asks after a stage, `go-boot predict` before it."""

from __future__ import annotations

from gogdb.boot.question import Question, Solution, Verdict
from gogdb.boot.score import Score
from gogdb.boot.stage import Stage
from gogdb.i18n import tr
from gogdb.view.doc.document import Art, Doc, Heading, Note, Part, Span, Text
from gogdb.view.question_text import QuestionText

__all__ = [
    "final_score",
    "outcome",
    "question",
    "score_so_far",
    "title",
    "to_look_at_again",
    "verdict",
]


def title(stage: Stage) -> str:
    """Return the title of a question about a stage that is not shown yet."""
    return tr(
        "before stage {number}, {stage}: what will it show?", number=stage.number, stage=stage.id
    )


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


def outcome(
    question: Question,
    solution: Solution | None,
    verdict: Verdict | None,
    answer: str,
    texts: QuestionText,
) -> Doc:
    """Return what was predicted, whether it was right, and the right answer with its reason.

    Without a prediction, `answer` is "" and `verdict` None.
    """
    parts: list[Part] = []
    if answer:
        parts.append(Note(tr("your prediction: {answer}", answer=answer)))
    if solution is None:
        text = tr("no answer to it in this run: {stage} does not count", stage=question.stage)
        return Doc([*parts, Note(text)] if answer else ())
    if verdict:
        text = texts.explain(question, solution, verdict)
        parts.append(Note(text, "good" if verdict.right else "bad"))
    if not verdict or not verdict.right:
        parts.append(Note(tr("the answer is {why}", why=texts.why(question, solution))))
    return Doc(parts)


def score_so_far(score: Score) -> Doc:
    """Return how many predictions were right."""
    return Doc([Note(tr("right so far: {right} of {count}", right=score.right, count=score.count))])


def final_score(score: Score) -> Doc:
    """Return the score of a whole walk; nothing without predictions."""
    if not score.count:
        return Doc()
    text = tr("your predictions: {right} of {count} right", right=score.right, count=score.count)
    return Doc([Note(text, "hint" if score.missed else "good")])


def to_look_at_again(score: Score) -> Doc:
    """Return the stages about which the prediction was wrong; nothing if there are none."""
    if not score.missed:
        return Doc()
    stages = ", ".join(score.missed)
    return Doc([Note(tr("to look at again, `go-boot show STAGE`: {stages}", stages=stages))])
