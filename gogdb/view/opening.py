"""What the page says first, to a reader who has nothing else (i18n/*/page.toml)."""

from __future__ import annotations

from gogdb.i18n import language, texts
from gogdb.view.doc.pages import Opening

__all__ = ["opening"]


def opening(stages: int) -> Opening:
    """Return the opening of the page of a walk with so many stages, in the language in use."""
    catalogue = texts(language(), "page")["opening"]
    return Opening(**{name: text.format(stages=stages) for name, text in catalogue.items()})
