"""The texts of the guided walk beside the narration: what the suggestions show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gogdb.i18n import texts

__all__ = ["GuideText", "guide_text"]


class GuideText:
    """The texts in one language, by stage (i18n/*/guide.toml)."""

    def __init__(self, catalog: Mapping[str, Any]) -> None:
        self._catalog = catalog

    def hint(self, stage: str, hint: str) -> str:
        """Return what a hint shows."""
        return str(self._catalog[stage]["try"][hint])


@cache
def guide_text(language: str) -> GuideText:
    """Return the texts in a language, one of `gogdb.i18n.LANGUAGES`."""
    return GuideText(texts(language, "guide"))
