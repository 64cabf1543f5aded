"""The page of a recorded walk: its content, before a renderer decides how it looks.

Like `doc`, these types are shared by views and renderers. A page is in one language; a renderer
may be given the same page in several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gogdb.view.doc.document import Claims, Part, StackPicture, Table

__all__ = [
    "Answer",
    "Asked",
    "Bound",
    "Chain",
    "Chip",
    "Comparison",
    "Definition",
    "Fact",
    "Opening",
    "Pair",
    "Prediction",
    "Report",
    "Scheduler",
    "StagePage",
    "StructPair",
    "Suggestion",
]


@dataclass(frozen=True)
class Chip:
    """An M, a P or a G in a picture, with a short text about it.

    `current` is set for the g in the TLS slot of the walk's thread, `nil` where there is no M, P
    or G.
    """

    name: str
    about: str = ""
    current: bool = False
    changed: bool = False
    nil: bool = False


@dataclass(frozen=True)
class Bound:
    """An M with the P that it holds, its g0 and its goroutine."""

    m: Chip
    p: Chip
    g0: Chip
    curg: Chip


@dataclass(frozen=True)
class Chain:
    """A list of the scheduler in its order; `linked`: each element points to the next."""

    title: str
    chips: Sequence[Chip]
    more: int = 0  # chips that are not drawn
    linked: bool = False
    changed: bool = False


@dataclass(frozen=True)
class Scheduler:
    """Which M holds which P and runs which G, and the lists; `description` is the same as text."""

    bound: Sequence[Bound]
    chains: Sequence[Chain]
    description: str
    more: int = 0  # Ms that are not drawn


@dataclass(frozen=True)
class Fact:
    """A value by which stages are compared: `key` is compared, `text` is shown."""

    key: str
    text: str


@dataclass(frozen=True)
class Answer:
    """An answer to a question, and what is said to it.

    `text` is an option, or a 64-bit value in hex if the question offers no options.
    """

    text: str
    right: bool
    comment: str


@dataclass(frozen=True)
class Prediction:
    """A question about a stage; `hint` is shown for a value that is not one of the answers."""

    ask: str
    answers: Sequence[Answer]
    has_options: bool
    hint: str


@dataclass(frozen=True)
class Asked:
    """A question about a stage that is not shown yet; without `options` a number is wanted."""

    stage: str
    number: int
    title: str
    ask: str
    options: Sequence[str]


@dataclass(frozen=True)
class Suggestion:
    """A command to try at a stage, what GDB answered there, and what that shows."""

    command: str
    answer: str
    shows: str


@dataclass(frozen=True)
class Definition:
    """A term of the glossary; `forms` are the words that stand for it in texts, between `|`."""

    id: str
    name: str
    forms: str
    text: str


@dataclass(frozen=True)
class Opening:
    """What a reader needs who has nothing but the page."""

    about: str
    stacks: str
    who: str
    usage: str
    private: str


@dataclass(frozen=True)
class StagePage:
    """One stage; a skipped one has only its narration."""

    id: str
    number: int
    title: str
    state: Literal["holds", "fails", "skipped"]
    narration: Sequence[Part]
    where: str = ""  # function+offset
    code: Sequence[Part] = ()
    registers: Table | None = None
    stacks: StackPicture | None = None
    scheduler: Scheduler | None = None
    memory: Sequence[Part] = ()
    changes: Table | None = None
    claims: Claims | None = None
    prediction: Prediction | None = None
    suggestions: Sequence[Suggestion] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A walk through the boot, or a followed round: its stages or steps, and how it ended.

    With `is_boot`, two stages can be compared.
    """

    title: str
    go_version: str
    program: str
    opening: Opening
    glossary: Sequence[Definition]
    stages: Sequence[StagePage]
    summary_title: str
    summary: Sequence[Part]
    names: Sequence[str] = ()  # of all facts, in the order of the pages
    is_boot: bool = True


@dataclass(frozen=True)
class Pair:
    """One stage in two walks: what differs, where only offsets do, and what may be chance.

    `agree` is set if nothing differs at all.
    """

    id: str
    title: str
    differences: Table
    offsets: Table
    chance: Table
    agree: bool


@dataclass(frozen=True)
class StructPair:
    """One struct of two runtimes: fields that came, went or changed size, and fields that moved."""

    name: str
    sizes: tuple[str, str]  # bytes
    changed: Table
    moved: Table


@dataclass(frozen=True)
class Comparison:
    """Two recorded walks side by side."""

    names: tuple[str, str]
    sentences: Sequence[str]
    overview: Table
    stages: Sequence[Pair]
    order: Table
    order_chance: Table  # from where on several threads run
    structs: Sequence[StructPair]
    constants: Table
    functions: Table
