"""A recorded walk as one page: what stands on it, before anyone decides how it looks.

Like `doc.py` the common ground of views and renderers. A page is said in one
language; a renderer may be given the same page in several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gogdb.view.doc import Claims, Part, StackPicture, Table

__all__ = [
    "Bound",
    "Chain",
    "Chip",
    "Comparison",
    "Fact",
    "Pair",
    "Report",
    "Scheduler",
    "StagePage",
    "StructPair",
]


@dataclass(frozen=True)
class Chip:
    """An M, a P or a G in the picture: its name and what is to be said of it.

    `current`: the one that the thread of the walk is, by its TLS slot. `nil`: there is none.
    """

    name: str
    about: str = ""
    current: bool = False
    changed: bool = False
    nil: bool = False


@dataclass(frozen=True)
class Bound:
    """A line of the picture: an M, the P that it holds, its g0 and its goroutine."""

    m: Chip
    p: Chip
    g0: Chip
    curg: Chip


@dataclass(frozen=True)
class Chain:
    """A list of the scheduler's, in its order; `linked`: each leads to the next."""

    title: str
    chips: Sequence[Chip]
    more: int = 0  # that are not drawn
    linked: bool = False
    changed: bool = False


@dataclass(frozen=True)
class Scheduler:
    """Who is bound to whom, and who waits where; `told` is the same as one sentence."""

    bound: Sequence[Bound]
    chains: Sequence[Chain]
    told: str
    more: int = 0  # Ms that are not drawn


@dataclass(frozen=True)
class Fact:
    """A value that stages are compared by: they differ when `key` does; `text` is for people."""

    key: str
    text: str


@dataclass(frozen=True)
class StagePage:
    """One stage. A skipped one has nothing but `said`."""

    id: str
    number: int
    title: str
    state: Literal["holds", "fails", "skipped"]
    said: Sequence[Part]
    where: str = ""  # function+offset
    code: Sequence[Part] = ()
    registers: Table | None = None
    stacks: StackPicture | None = None
    scheduler: Scheduler | None = None
    memory: Sequence[Part] = ()
    changes: Table | None = None
    claims: Claims | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A walk: its stages and the final picture."""

    go_version: str
    program: str
    stages: Sequence[StagePage]
    summary: Sequence[Part]
    names: Sequence[str] = ()  # of all facts, in the order in which a reader meets them


@dataclass(frozen=True)
class Pair:
    """One stage in two walks; `differences` is empty where they agree."""

    id: str
    title: str
    differences: Table
    agree: bool


@dataclass(frozen=True)
class StructPair:
    """One struct of two runtimes: what came, went or changed its size; and what only moved."""

    name: str
    sizes: tuple[str, str]  # bytes
    changed: Table
    moved: Table


@dataclass(frozen=True)
class Comparison:
    """Two recorded walks side by side."""

    names: tuple[str, str]
    overview: Table
    stages: Sequence[Pair]
    order: Table
    structs: Sequence[StructPair]
    constants: Table
    functions: Table
