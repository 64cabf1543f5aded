"""The glossary as a page: for `go-boot glossary`, and as docs/glossary.md."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.i18n import language, tr
from gogdb.view.doc.document import Doc, Heading, Note, Part, Text
from gogdb.view.glossary import Term, glossary

__all__ = ["explanations", "index", "markdown"]


def index() -> Doc:
    """Return the names of all terms."""
    names = tr(", ").join(term.name for term in glossary(language()))
    hint = tr("one of them: `go-boot glossary TERM`; all: `go-boot glossary --full`")
    return Doc([Heading(tr("glossary")), Text(names), Note(hint)])


def explanations(terms: Sequence[Term]) -> Doc:
    """Return terms with what they mean."""
    parts: list[Part] = []
    for term in terms:
        parts += [Heading(_title(term), 2), Text(term.text)]
    return Doc(parts)


def markdown() -> str:
    """Return the page docs/glossary.md in the language in use."""
    about = tr(
        "The words that gogdb uses, as `go-boot glossary` explains them at GDB's prompt. They hold "
        "for Go on x86-64 Linux from the oldest supported release on."
    )
    entries = [f"## {_title(term)}\n\n{term.text}\n" for term in glossary(language())]
    return "\n".join([f"# {tr('The glossary')}\n", f"{about}\n", *entries])


def _title(term: Term) -> str:
    """Return the name of a term, and its English name if that is another."""
    english = next(other.name for other in glossary("en") if other.id == term.id)
    return (
        term.name
        if term.name == english
        else tr("{name} ({english})", name=term.name, english=english)
    )
