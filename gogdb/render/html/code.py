"""Source and instructions, coloured by pygments."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from gogdb.render.code import common_margin, lexer
from gogdb.view.doc import Code, CodeLine

__all__ = ["highlighted"]


@dataclass(frozen=True)
class Line:
    said: CodeLine
    html: Markup


def highlighted(part: Code) -> list[Line]:
    """Its lines, lexed together, since a comment can span several."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    texts = [line.text for line in part.lines]
    margin = common_margin(texts)
    text = "\n".join(text[margin:] for text in texts)
    # the formatter closes its spans at the end of each line
    html = highlight(text, lexer(part.language), HtmlFormatter(nowrap=True)).split("\n")
    return [Line(line, Markup(html[i])) for i, line in enumerate(part.lines)]
