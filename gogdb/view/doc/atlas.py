"""The atlas: the recorded walks of several Go releases, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gogdb.view.doc.document import Table
from gogdb.view.doc.pages import Definition, StagePage

__all__ = ["Atlas", "AtlasStage", "Card", "Line", "Release", "Verdict"]

Verdict = Literal["first", "same", "offsets", "source", "differs", "absent"]
"""A stage against the release before: the first of all, the same, only sizes or offsets differ,
only its source differs, what happens differs, or the stage was not seen."""


@dataclass(frozen=True)
class Line:
    """A line of source that is the same in both releases (" "), or only in one ("-", "+")."""

    sign: Literal[" ", "-", "+"]
    text: str


@dataclass(frozen=True)
class Card:
    """A stage in one release; `page` is None if its walk ended before the stage.

    `before` is the release that it is compared with, "" for the first.
    """

    release: str
    before: str
    verdict: Verdict
    sentences: Sequence[str]
    source: Sequence[Line]
    page: StagePage | None


@dataclass(frozen=True)
class AtlasStage:
    """A stage in every release, in their order."""

    id: str
    number: int
    title: str
    cards: Sequence[Card]


@dataclass(frozen=True)
class Release:
    """A release, and how it differs from the one before; `before` is "" for the first."""

    id: str  # "1.27"
    name: str  # "go1.27.3"
    before: str
    sentences: Sequence[str]
    fields: Sequence[str]  # sentences about those of structs


@dataclass(frozen=True)
class Atlas:
    """The page in one language; `alone` says how to add releases if there is only one."""

    title: str
    about: Sequence[str]
    alone: str
    releases: Sequence[Release]
    stages: Sequence[AtlasStage]
    sizes: Table
    glossary: Sequence[Definition]
