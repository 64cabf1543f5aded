"""What is served: the page, the stages that have been shown, and where the walk is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Page", "Snapshot"]


@dataclass(frozen=True)
class Page:
    """A page and its Content-Security-Policy."""

    html: str
    policy: str


@dataclass(frozen=True)
class Snapshot:
    """All that may be read at one time; what is not in here cannot reach a client.

    `walk` numbers the walks that were shared. `stages` and `state` are JSON in one line. What the
    functions return is made in the server's thread, when a client needs it first.
    """

    walk: int
    page: Page
    stages: Sequence[Callable[[], str]]
    state: Callable[[], str]
