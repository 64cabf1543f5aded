"""What is asked before the next step of a goroutine's round: answers from recorded rounds."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest

from gogdb.boot.question import Question, Solution, Verdict
from gogdb.follow.follower import Follower
from gogdb.follow.step import Record
from gogdb.follow.steps import STEPS
from gogdb.i18n import LANGUAGES, texts, use_language
from gogdb.view.question_text import question_text
from tests.support.recorded_rounds import recorded_coroutine, recorded_round

ROUNDS: Mapping[str, Callable[[], Follower]] = {
    "go1.19": lambda: recorded_round("1.19.8"),
    "go1.27": lambda: recorded_round("1.27.3"),
    "coroutine": recorded_coroutine,
}
# What is right after each step of a goroutine that parks, and answers that are known to be wrong
RIGHT = {
    "gopark": ("gobuf.sp", {"rsp", "down", "hi"}),
    "mcall": ("g0.sched.sp", {"own", "hi", "lo"}),
    "mcall-sp": ("waiting", set()),
    "schedule": ("6", {"same", "g0"}),
    "next": ("g0", set()),
    "ready": ("runnext", set()),
    "runqput": ("g0", set()),
    "gogo": ("g0", set()),
    "gogo-sp": ("0", {"kept", "pc"}),
}


def asked(follower: Follower) -> Iterator[tuple[Record, Question, Solution | None]]:
    """Yield each step that has a question, the question and its answer."""
    records = follower.records
    for record, following in pairwise(records):
        if record.question:
            yield record, record.question, record.solution(following)


@pytest.mark.parametrize("version", ["go1.19", "go1.27"])
def test_answers_in_a_round(version: str) -> None:
    follower = ROUNDS[version]()
    solutions = {record.step.id: solution for record, _, solution in asked(follower)}
    assert list(solutions) == list(RIGHT)
    for step, solution in solutions.items():
        right, traps = RIGHT[step]
        assert solution is not None, step
        last = next(r.last for r in follower.records if r.step.id == step)
        saved = next(r.last for r in follower.records if r.step.id == "mcall").goroutine.sched.sp
        values: dict[str, int | str] = {
            "gobuf.sp": saved,
            "g0.sched.sp": last.g0.sched.sp,
            "6": 6,
            "0": 0,
        }
        assert solution.right == values.get(right, right), step
        assert set(solution.traps) == traps, step
        assert solution.right not in solution.traps.values(), step


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ROUNDS)
def test_texts_of_questions(name: str, language: str) -> None:
    words = question_text(language, "follow-questions")
    with use_language(language):
        for _, question, solution in asked(ROUNDS[name]()):
            assert "{" not in words.ask(question)
            assert len(words.options(question)) == len(question.options)
            assert "{" not in "".join(words.options(question).values())
            if solution is None:
                continue
            because = [*solution.traps, *question.options, ""]
            verdicts = [Verdict(True), *(Verdict(False, b) for b in because if b != solution.right)]
            for verdict in verdicts:
                assert "{" not in words.explain(question, solution, verdict)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_has_its_texts(language: str) -> None:
    catalogue: Mapping[str, Any] = texts(language, "follow-questions")
    assert set(catalogue) == {step.asks for step in STEPS.values() if step.asks}
    for step in STEPS.values():
        if step.asks:
            options = catalogue[step.asks].get("options", {})
            assert tuple(options) == step.options, step.id
            assert set(options) <= {*catalogue[step.asks]["wrong"], *RIGHT_OPTIONS}, step.id


RIGHT_OPTIONS = ("g0",)  # options that are right in every program


def test_what_follows_may_not_answer() -> None:
    """The goroutine was taken before ready could be seen to queue it."""
    records = {record.step.id: record for record in recorded_round("1.27.3").records}
    assert records["ready"].solution(records["execute"]) is None
    assert records["schedule"].solution(records["ready"]) is None


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_name_only_what_is_known_before(language: str) -> None:
    for step, words in texts(language, "follow-questions").items():
        shown = [words["ask"], *words.get("options", {}).values()]
        assert set().union(*map(names, shown)) <= {"g", "g0", "rsp", "m"}, step
