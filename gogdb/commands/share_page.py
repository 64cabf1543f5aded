"""The page that is shared, and its parts, made from records in the server's thread.

So nothing here may call GDB.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Literal

from gogdb.boot.question import Question
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.i18n import in_languages
from gogdb.render.html.live import LivePage
from gogdb.share.feed import Page
from gogdb.view.doc.pages import StagePage
from gogdb.view.exercises import asked
from gogdb.view.guide_text import guide_text
from gogdb.view.narration import narration
from gogdb.view.opening import definitions
from gogdb.view.question_text import question_text
from gogdb.view.report import (
    fact_names,
    last_stage,
    live_report,
    stage_facts,
    summary_parts,
)

__all__ = ["SharedPage", "Status"]

Status = Literal["walking", "over", "ended"]

# Seconds after each language, in which the thread that steps has the interpreter for itself
_PAUSE = 0.02


class SharedPage:
    """Makes the page in all languages; it opens in `first`."""

    def __init__(self, first: str) -> None:
        self._first = first
        glossary = in_languages(lambda language: definitions(), first)
        for language in glossary:
            narration(language), question_text(language), guide_text(language)  # all are kept
        self._live = LivePage(glossary, len(STAGES))

    def shell(self, go_version: str, program: str) -> Page:
        """Return the page before any stage."""
        pages = in_languages(lambda language: live_report(go_version, program), self._first)
        return Page(*self._live.page(pages))

    def stage(self, records: Sequence[Record]) -> str:
        """Return the last of these stages as JSON."""

        def page(language: str) -> StagePage:
            made = last_stage(records, narration(language))
            time.sleep(_PAUSE)
            return made

        pages = in_languages(page, self._first)
        before = stage_facts(records[-2]) if len(records) > 1 else {}
        return self._live.stage(pages, before, fact_names(records[-1:]))

    def state(self, status: Status, records: Sequence[Record], question: Question | None) -> str:
        """Return where the walk is, as JSON."""
        state: dict[str, object] = {"status": status, "question": None, "summary": None}
        if question is not None:
            state["question"] = {"stage": question.stage, **self._question(question)}
        if status == "over" or (status == "ended" and len(records) == len(STAGES)):
            state["summary"] = self._summary(records)
        return json.dumps(state)

    def _question(self, question: Question) -> dict[str, str]:
        stage = next(stage for stage in STAGES if stage.id == question.stage)
        pages = in_languages(
            lambda language: asked(stage, question, question_text(language)), self._first
        )
        return dict(self._live.question(pages))

    def _summary(self, records: Sequence[Record]) -> str:
        pages = in_languages(lambda language: list(summary_parts(records)), self._first)
        return self._live.summary(pages)
