"""Documents as Markdown, for slides and notes: prose as Markdown, all else as text blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gogdb.render import ansi
from gogdb.render.clean import clean, escape
from gogdb.view.doc.document import Claims, Doc, Heading, Note, Part, Text

__all__ = ["render", "title"]

WIDTH = 96  # cells of a text block

# Characters with a meaning anywhere in CommonMark; an underscore has none within a word.
_SPECIAL = re.compile(r"[\\`*\[\]<>&|~]|(?<!\w)_|_(?!\w)")
# Characters with a meaning at the start of a line.
_FIRST = re.compile(r"^[#+=-]")


def render(docs: Iterable[Doc]) -> Iterator[str]:
    """Yield the lines of the documents, without newlines."""
    for doc in docs:
        for part in doc.parts:
            yield from _part(clean(part, ascii=False))
            yield ""


def title(text: str) -> str:
    """Return the heading of the whole file."""
    return f"# {_escaped(escape(text))}"


def _part(part: Part) -> Iterator[str]:
    match part:
        case Heading():
            aside = f": {_escaped(part.aside)}" if part.aside else ""
            yield f"{'#' * (part.level + 1)} {_escaped(part.text)}{aside}"
        case Text() if part.role == "strong":
            yield f"**{_escaped(part.text)}**"
        case Text():
            yield _paragraph(part.text)
        case Note():
            yield f"> {_paragraph(part.text)}"
        case Claims():
            yield from (f"- {'✓' if holds else '✗'} {_escaped(text)}" for text, holds in part.items)
        case _:
            yield from _block(list(ansi.render(Doc([part]), width=WIDTH, color=False)))


def _block(lines: list[str]) -> Iterator[str]:
    """Yield a text block; its fence is longer than any run of backticks inside."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}text", *lines, fence)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: "\\" + match[0], text)


def _paragraph(text: str) -> str:
    """Return a paragraph that Markdown takes for neither a heading nor a list."""
    return _FIRST.sub(lambda match: "\\" + match[0], _escaped(text))
