"""A scene of a recorded session: a command, what it shows, and its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Scene"]


class Scene(NamedTuple):
    """A command that is typed at the prompt, and the finished lines of its answer.

    `marker` is the name under which a player finds it.
    """

    command: str
    lines: Sequence[str]
    marker: str
