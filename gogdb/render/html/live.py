"""The page that follows a walk: without stages at first, and the parts that are added to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gogdb.render.html import multilingual
from gogdb.render.html.base import Files, environment, page, policy
from gogdb.render.html.code import highlighted
from gogdb.render.html.facts import changed_facts
from gogdb.render.html.files import SCRIPTS, STAGE_SCRIPTS, STYLES
from gogdb.render.html.glossary import marker
from gogdb.view.doc.document import Code, CodeLine, Part
from gogdb.view.doc.pages import Asked, Definition, Fact, Report, StagePage

__all__ = ["LivePage"]


_FILES = Files((*SCRIPTS, *STAGE_SCRIPTS, "differences", "live"), (*STYLES, "live"))
_POLICY = ("connect-src 'self'", "base-uri 'none'", "form-action 'none'")


class LivePage:
    """Makes the page and its parts; each is given in every language, the page opens in the first.

    `total` is how many stages there can be. To create it takes time; to make a stage takes some
    20 ms.
    """

    def __init__(self, glossary: Mapping[str, Sequence[Definition]], total: int) -> None:
        self._languages = list(glossary)
        self._total = total
        self._made = environment(self._languages)
        self._stage: Any = self._made.get_template("stage.html.j2").module  # macros
        self._live: Any = self._made.get_template("live.html.j2").module
        for language in ("go", "go-asm"):  # load what the first stage would wait for
            highlighted(Code([CodeLine("", "nop")], language))
        self._marked = marker(multilingual.merge(glossary), self._languages)

    def page(self, pages: Mapping[str, Report]) -> tuple[str, str]:
        """Return the page, and the policy that its server sends."""
        own = policy(_FILES, *_POLICY)
        data: dict[str, list[object]] = {"names": [], "facts": []}
        html = page(
            self._made,
            "report.html.j2",
            self._languages,
            _FILES,
            data,
            own,
            report=multilingual.merge(pages),
            marked=self._marked,
            live_of=self._total,
        )
        return html, f"{own}; frame-ancestors 'none'"  # which has no effect in the page itself

    def stage(
        self, pages: Mapping[str, StagePage], before: Mapping[str, Fact], names: Sequence[str]
    ) -> str:
        """Return a stage as JSON. `before` are the facts of the stage before it."""
        stage = multilingual.merge(pages)
        return json.dumps(
            {
                "id": stage.id,
                "seen": stage.state != "skipped",
                "item": str(self._stage.item(stage)),
                "section": str(self._stage.section(stage, self._total, self._marked)),
                "facts": changed_facts(before, stage.facts),
                "names": names,
            }
        )

    def question(self, asked: Mapping[str, Asked]) -> Mapping[str, str]:
        """Return a question about a stage that is not shown yet."""
        question = multilingual.merge(asked)
        return {
            "item": str(self._live.question_item(question)),
            "section": str(self._live.question(question)),
        }

    def summary(self, parts: Mapping[str, list[Part]]) -> str:
        """Return what the page shows as the summary of a walk that is over."""
        return str(self._stage.summary(multilingual.merge(parts)))
