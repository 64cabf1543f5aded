"""`go-boot glossary`: what the words of Go's runtime mean, with or without a program."""

from __future__ import annotations

import difflib
from argparse import Namespace
from collections.abc import Sequence

from gogdb.commands.output import Output
from gogdb.errors import GogdbError
from gogdb.i18n import language
from gogdb.view.glossary import Term, find, glossary
from gogdb.view.glossary_page import explanations, index
from gogdb.view.json.glossary import glossary_json

__all__ = ["run"]


def run(options: Namespace) -> None:
    """`go-boot glossary [TERM]`: explain a term, or list the terms."""
    terms = _named(options.term) if options.term else glossary(language())
    with Output.open(options.out) as output:
        if options.json:
            output.json(glossary_json(terms))
        elif options.term or options.full:
            output.doc(explanations(terms))
        else:
            output.doc(index())


def _named(wanted: str) -> Sequence[Term]:
    """Return the terms that are named so. Raises `GogdbError` if there is none."""
    terms = find(language(), wanted)
    if not terms:
        forms = [form for term in glossary(language()) for form in term.forms]
        close = difflib.get_close_matches(wanted, forms, 1)
        hint = f"did you mean {close[0]}?" if close else "`go-boot glossary` lists its terms"
        raise GogdbError(f"the glossary has no {wanted}", hint)
    return terms
