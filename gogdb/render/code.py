"""Source and disassembly: where the program stopped, and what each line does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gogdb.render.cells import cut, cut_inks, span, width, wrap
from gogdb.render.page import INDENT, MARGIN, Page
from gogdb.render.theme import Ink, Style
from gogdb.view.doc.document import Code

if TYPE_CHECKING:
    from pygments.lexer import Lexer

__all__ = ["code", "common_margin", "lexer"]

_ARROW = "=>"
_GAP = 2  # between gutter, code and note


def code(part: Code, page: Page) -> Iterator[str]:
    """Yield lines with their gutter; a note is beside its line if it fits there, else below."""
    ellipsis = page.glyphs.ellipsis
    yield from page.titled(part.title)
    gutter = min(max((width(line.gutter) for line in part.lines), default=0), page.width // 3)
    start = INDENT + len(_ARROW) + 1 + gutter + (_GAP if gutter else 0)
    room = page.width - start

    texts = [line.text for line in part.lines]
    margin = common_margin(texts)
    colored = _highlight([text[margin:] for text in texts], part.language, page)
    noted = [(span(inks), width(ln.note)) for inks, ln in zip(colored, part.lines, strict=True)]
    column = _note_column([sizes for sizes in noted if sizes[1]], room)

    for line, inks, (size, note) in zip(part.lines, colored, noted, strict=True):
        number = cut(line.gutter, gutter, ellipsis)
        front: list[Ink] = [
            MARGIN,
            (_ARROW if line.current else "  ", "current"),
            (" " * (1 + gutter - width(number)), ""),
            (number, "current" if line.current else "dim"),
            (" " * _GAP if gutter else "", ""),
        ]
        if line.current:
            inks = [("".join(text for text, _ in inks), "strong")]
        style: Style = "strong" if line.current else ""
        beside = note and size + _GAP <= column and column + note <= room
        tail: list[Ink] = [(" " * (column - size), ""), (line.note, style)] if beside else []
        yield page.line(*front, *cut_inks(inks, room, ellipsis), *tail)
        if note and not beside:
            yield from _below(line.note, start + 2, style, page)


def _below(note: str, start: int, style: Style, page: Page) -> Iterator[str]:
    """Yield a note that does not fit beside its line."""
    mark = f"{page.glyphs.elbow} "
    for line in wrap(note, page.width - start - width(mark)):
        yield page.line((" " * start, ""), (mark, "dim"), (line, style))
        mark = " " * width(mark)


def _note_column(noted: Sequence[tuple[int, int]], room: int) -> int:
    """Return the column of the notes: the one where most of them fit beside their code.

    `noted` are the widths of code and note of each line with a note.
    """

    def beside(column: int) -> int:
        return sum(size + _GAP <= column and column + note <= room for size, note in noted)

    columns = sorted({size + _GAP for size, _ in noted})
    # A note far from its code is harder to find than one below it.
    columns = [column for column in columns if column <= room * 6 // 10] or columns[:1]
    return max(columns, key=lambda column: (beside(column), -column), default=0)


def common_margin(texts: Sequence[str]) -> int:
    """Return how many blanks every line of code starts with."""
    return min((len(text) - len(text.lstrip(" ")) for text in texts if text.strip()), default=0)


def _highlight(texts: Sequence[str], language: str, page: Page) -> Sequence[Sequence[Ink]]:
    """Return the lines with their styles; lexed together, because comments can span lines."""
    plain: Sequence[Sequence[Ink]] = [[(text, "")] for text in texts]
    if not (page.color and texts):
        return plain
    try:
        chosen = lexer(language)
    except ImportError:  # without pygments code has no colours
        return plain
    lines: list[list[Ink]] = [[]]
    for token, text in chosen.get_tokens("\n".join([*texts, ""])):
        style = _style(str(token), text, language)
        head, *rest = text.split("\n")
        lines[-1].append((head, style))
        lines += [[(piece, style)] for piece in rest]
    return lines[:-1]  # what follows the last newline


def lexer(language: str) -> Lexer:
    """Return the pygments lexer for one of the languages of `Code`."""
    from pygments.lexers import get_lexer_by_name

    # The lexer of gas knows enough of Plan 9 assembly: mnemonics, labels, // comments.
    name = {"go": "go", "intel": "nasm"}.get(language, "gas")
    chosen: Lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    return chosen


# Styles by prefix of the token's name, longer prefixes first.
_GO: dict[str, Style] = {
    "Token.Comment": "comment",
    "Token.Keyword": "keyword",
    "Token.Literal.String": "string",
    "Token.Literal": "literal",
    "Token.Name.Builtin": "keyword",
    "Token.Name.Function": "function",
}
_ASSEMBLY: dict[str, Style] = {
    "Token.Comment.Preproc": "keyword",
    "Token.Comment": "comment",
    "Token.Keyword": "keyword",
    "Token.Literal": "literal",
    "Token.Name.Builtin": "register",
    "Token.Name.Constant": "function",
    "Token.Name.Function": "keyword",  # the mnemonic
    "Token.Name.Label": "strong",
    "Token.Name.Variable": "register",
}


def _style(token: str, text: str, language: str) -> Style:
    if language == "go-asm" and token == "Token.Name.Constant":
        return "register" if text.isupper() else "function"
    styles = _GO if language == "go" else _ASSEMBLY
    return next((style for name, style in styles.items() if token.startswith(name)), "")
