"""Terms of the glossary as JSON: `go-boot glossary --json`."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.view.glossary import Term

__all__ = ["glossary_json"]


def glossary_json(terms: Sequence[Term]) -> dict[str, object]:
    """Return terms with their other forms and what they mean."""
    return {
        "terms": [
            {"id": term.id, "term": term.name, "also": list(term.forms[1:]), "text": term.text}
            for term in terms
        ]
    }
