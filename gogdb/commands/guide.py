"""The guided walk: one stage on one screen, with what to try at the prompt."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.hints import hints
from gogdb.boot.observation import Record
from gogdb.boot.quiz import QUESTIONS
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.gdbhost import parameters
from gogdb.i18n import language
from gogdb.view.doc import Doc
from gogdb.view.guide import passed, step
from gogdb.view.guide_text import guide
from gogdb.view.narration import narration

__all__ = ["show"]

LEAST = 22  # lines that a card needs
PROMPT = 2  # lines that belong to the prompt: what was typed, and what is typed next


def show(
    current: Session,
    output: Output,
    fresh: Sequence[Record],
    before: Record | None,
    enter: bool,
) -> None:
    """The stage that was reached; those on the way to it in a line.

    `before`: the one that was seen before it. `enter`: whether Enter goes on from here.
    """
    *behind, last = fresh
    words = narration(language())
    room = max(LEAST, parameters.height() - PROMPT)
    if last.skipped == "overtaken":
        behind.append(last)
    on_the_way = passed(behind, words)
    output.doc(on_the_way)
    if last.skipped == "overtaken":
        return
    room -= output.lines(on_the_way)

    def fits(doc: Doc) -> bool:
        return output.lines(doc) <= room

    asked = last.stage.id in QUESTIONS
    found = hints(last, current.elf.has_debug_info)
    output.doc(step(last, before, (words, guide(language())), found, asked, fits, enter))
