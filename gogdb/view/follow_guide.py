"""The texts of `go-boot follow` beside the narration: what hints show, what is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gogdb.i18n import texts

__all__ = ["FollowGuide", "follow_guide"]


class FollowGuide:
    """The texts in one language (i18n/*/follow-guide.toml)."""

    def __init__(self, catalogue: Mapping[str, Any]) -> None:
        self._catalogue = catalogue

    def hint(self, id: str) -> str:
        """Return what a hint shows."""
        return str(self._catalogue["try"][id])

    def awaited(self, step: str | None, **values: str) -> str:
        """Return what must happen before a step is reached; "" if it follows at once.

        `step` is "" for any way off the CPU, None for no step.
        """
        key = "any" if step == "" else step
        return str(self._catalogue["awaited"].get(key, "")).format(**values)


@cache
def follow_guide(language: str) -> FollowGuide:
    """Return the texts in a language, one of `gogdb.i18n.LANGUAGES`."""
    return FollowGuide(texts(language, "follow-guide"))
