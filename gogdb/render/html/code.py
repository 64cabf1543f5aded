"""Source and instructions, coloured by pygments."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from gogdb.render.code import common_margin, lexer
from gogdb.view.doc.document import Code, CodeLine

__all__ = ["highlighted"]


@dataclass(frozen=True)
class HighlightedLine:
    """A line of code and its coloured text."""

    line: CodeLine
    html: Markup


def highlighted(part: Code) -> list[HighlightedLine]:
    """Return the coloured lines; lexed together, because comments can span lines."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    texts = [line.text for line in part.lines]
    margin = common_margin(texts)
    text = "\n".join(text[margin:] for text in texts)
    # The formatter closes its spans at the end of each line.
    html = highlight(text, lexer(part.language), HtmlFormatter(nowrap=True)).split("\n")
    return [HighlightedLine(line, Markup(html[i])) for i, line in enumerate(part.lines)]
