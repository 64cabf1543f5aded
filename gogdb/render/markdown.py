"""Documents as Markdown, for slides and notes: words as words, evidence as blocks of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gogdb.render import ansi
from gogdb.render.clean import clean, escape
from gogdb.view.doc import Claims, Doc, Heading, Note, Part, Text

__all__ = ["render", "title"]

WIDTH = 96  # cells of a block of evidence

# What begins something in CommonMark wherever it stands; an underscore within a word does not.
_SPECIAL = re.compile(r"[\\`*\[\]<>&|~]|(?<!\w)_|_(?!\w)")
_FIRST = re.compile(r"^[#+=-]")


def render(docs: Iterable[Doc]) -> Iterator[str]:
    """The lines of the documents, one after another, without newlines."""
    for doc in docs:
        for part in doc.parts:
            yield from _part(clean(part, ascii=False))
            yield ""


def title(text: str) -> str:
    """The heading of the whole."""
    return f"# {_said(escape(text))}"


def _part(part: Part) -> Iterator[str]:
    match part:
        case Heading():
            aside = f": {_said(part.aside)}" if part.aside else ""
            yield f"{'#' * (part.level + 1)} {_said(part.text)}{aside}"
        case Text() if part.role == "strong":
            yield f"**{_said(part.text)}**"
        case Text():
            yield _line(part.text)
        case Note():
            yield f"> {_line(part.text)}"
        case Claims():
            yield from (f"- {'✓' if holds else '✗'} {_said(text)}" for text, holds in part.items)
        case _:
            yield from _block(list(ansi.render(Doc([part]), width=WIDTH, color=False)))


def _block(lines: list[str]) -> Iterator[str]:
    """The fence is longer than any run of backticks within."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}text", *lines, fence)


def _said(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)


def _line(text: str) -> str:
    """A paragraph of its own: neither a heading nor a list."""
    return _FIRST.sub(lambda found: "\\" + found[0], _said(text))
