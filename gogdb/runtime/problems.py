"""What makes an answer incomplete or doubtful: memory that cannot be read or contradicts itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from gogdb.errors import GogdbError, Unreadable

__all__ = ["Problem", "Problems"]

Part = TypeVar("Part")


class Problem(NamedTuple):
    """Why a part of the answer is incomplete or doubtful.

    `part` is the key in JSON that it concerns: "sched", "ps", "ms", "gs", "functions" or "core".
    """

    part: str
    why: str


class Problems:
    """The problems of one reading, each once, in the order in which they were found."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}

    def add(self, part: str, why: str) -> None:
        self._problems[Problem(part, why)] = None

    def of(self, part: str) -> list[Problem]:
        """Return the problems of a part."""
        return [problem for problem in self._problems if problem.part == part]

    def all(self) -> tuple[Problem, ...]:
        return tuple(self._problems)

    def attempt(self, part: str, what: str, read: Callable[[], Part], default: Part) -> Part:
        """Return what `read` returns; if it raises `GogdbError`, a problem and `default`.

        `what` names the variable that is read, for memory that cannot be read.
        """
        try:
            return read()
        except Unreadable as error:
            self.add(part, f"{what}: {error}")
        except GogdbError as error:
            self.add(part, str(error))
        return default
