"""What go-boot's commands tell to the walk that is shared, if one is.

Every command of go-boot imports this file, so it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from gogdb.boot.question import Question
    from gogdb.boot.walk import Walk
    from gogdb.commands.sharing import Sharing

__all__ = ["asked", "begin", "command", "current", "shown"]

_current: Sharing | None = None


def current() -> Sharing | None:
    """Return what is shared, None if nothing is."""
    return _current if _current and not _current.ended else None


def begin(sharing: Sharing) -> None:
    """Make this the shared walk."""
    global _current
    _current = sharing


def shown(walk: Walk) -> None:
    """Say that all stages that the walk has recorded have been shown."""
    if sharing := current():
        sharing.show(walk)


def asked(walk: Walk, question: Question) -> None:
    """Say that the question about the next stage has been shown."""
    if sharing := current():
        sharing.ask(walk, question)


@contextmanager
def command() -> Iterator[None]:
    """Note that a command of go-boot runs: afterwards all that it has recorded has been shown."""
    sharing = current()
    if sharing is None:
        yield
        return
    with sharing.command():
        yield
