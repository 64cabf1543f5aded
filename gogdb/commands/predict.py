"""`go-boot predict`: ask what the next stage will show, go there, and judge the prediction."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing

from gogdb.boot.question import Question, Solution, Verdict
from gogdb.boot.stage import Record, Stage
from gogdb.boot.walk import Walk
from gogdb.commands import boot_walk, live, walk_start
from gogdb.commands.ask import Answer, ask, can_ask, understand
from gogdb.commands.gone_on import say_what_is_awaited
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.gdbhost import parameters
from gogdb.i18n import language, tr
from gogdb.view import question as view
from gogdb.view.doc.document import Doc, Note
from gogdb.view.json.quiz import prediction_json
from gogdb.view.question_text import question_text

__all__ = ["is_wanted", "run"]


def is_wanted(options: Namespace, from_tty: bool) -> bool:
    """Report whether `go-boot step` asks first: `set gogdb predict on`, and somebody answers."""
    to_terminal = not options.json and options.out is None
    return parameters.predict() and to_terminal and can_ask(from_tty)


def run(session: Session, options: Namespace, from_tty: bool, answer: str = "") -> bool | None:
    """`go-boot predict [ANSWER]`: without an answer, ask for one at a terminal.

    Return False if Enter is not to repeat the command.
    """
    if session.round and session.round.goes_on(None, None):
        from gogdb.commands import follow

        return follow.predict(session, options, from_tty, answer)
    session.round = None
    walk = walk_start.under_way(session)
    stage, question = walk.next, walk.question()
    if stage is None or question is None:  # this build may not have the stage
        boot_walk.step(session, options)
        return None
    texts = question_text(language())
    prediction = _Prediction(session, walk, stage, question, options)
    with Output.open(options.out) as output:
        if answer:
            prediction.go(output, understand(question, answer, texts))
        elif options.json:
            score = walk.score
            output.json(prediction_json(stage, question, "", None, None, texts, score))
        elif options.out is None and can_ask(from_tty):
            prediction.ask(output)
        else:
            prediction.show(output)
            hint = tr("predict: `go-boot predict ANSWER`; `go-boot step` goes on without")
            output.doc(Doc([Note(hint)]))
    return None


class _Prediction:
    """The question about a stage that has not been run."""

    def __init__(
        self, session: Session, walk: Walk, stage: Stage, question: Question, options: Namespace
    ) -> None:
        self._session = session
        self._walk = walk
        self._stage = stage
        self._question = question
        self._options = options
        self._texts = question_text(language())

    def show(self, output: Output) -> None:
        """Show the question."""
        output.doc(view.question(self._question, view.title(self._stage), self._texts))
        live.asked(self._walk, self._question)

    def ask(self, output: Output) -> None:
        """Ask for the prediction, and go on; not after Ctrl-D or Ctrl-C."""
        with output.without_pager():
            self.show(output)
        answers: list[Answer] = []

        def take(line: str) -> bool:
            if line:
                answers.append(understand(self._question, line, self._texts))
            return True

        if ask(output, tr("your prediction (an empty line: none): "), take):
            self.go(output, answers[0] if answers else None)

    def go(self, output: Output, answer: Answer | None) -> None:
        """Walk to the stage, show it, and judge the answer."""
        if self._options.json:
            with closing(self._walk.run(self._stage)) as stages:
                list(stages)
            solution, verdict = self._judge(answer)
            typed, score = answer.typed if answer else "", self._walk.score
            output.json(
                prediction_json(
                    self._stage, self._question, typed, solution, verdict, self._texts, score
                )
            )
        elif self._options.full:
            boot_walk.walk_and_show_all(self._walk, self._stage, output)
            output.doc(self._outcome(answer))
        else:
            self._go_to_card(output, answer)

    def _go_to_card(self, output: Output, answer: Answer | None) -> None:
        """Walk to the stage, and show it and the outcome on one screen."""
        fresh: list[Record] = []
        above = say_what_is_awaited(self._walk)
        try:
            with closing(self._walk.run(self._stage)) as stages:
                fresh.extend(stages)
        finally:
            if fresh:
                before = boot_walk.seen_before(self._walk, fresh[-1])
                verb, outcome = self._options.verb, self._outcome(answer)
                boot_walk.show_card(
                    self._session, output, fresh, before, True, verb, outcome, above
                )

    def _outcome(self, answer: Answer | None) -> Doc:
        """Return what came of the prediction, and the score."""
        solution, verdict = self._judge(answer)
        text = answer.text if answer else ""
        score = self._walk.score
        shown = view.outcome(self._question, solution, verdict, text, self._texts)
        if self._walk.done:
            end = [*view.final_score(score).parts, *view.to_look_at_again(score).parts]
            return Doc([*shown.parts, *end])
        return Doc([*shown.parts, *view.score_so_far(score).parts]) if verdict else shown

    def _judge(self, answer: Answer | None) -> tuple[Solution | None, Verdict | None]:
        """Return what the stage says, and the verdict on the answer, which is counted."""
        record = self._walk.record(self._stage)
        solution = record.solution() if record else None
        if solution is None or answer is None:
            return solution, None
        verdict = solution.judge(answer.value)
        self._walk.score.add(self._stage.id, verdict.right)
        return solution, verdict
