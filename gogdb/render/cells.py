"""Text measured in terminal cells: a CJK character takes two, a combining character none.

Nothing else in gogdb measures how wide a text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from gogdb.render.theme import Ink

__all__ = ["cut", "cut_inks", "pad", "shorten", "span", "width", "wrap"]

_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
    "\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003ffff"
)
_OPENING = "（［｛《〈「『【〔“‘"  # never at the end of a line
_CLOSING = "，。、；：！？）］｝》〉」』】〕”’"  # never at the start of a line

# A line may be broken between these pieces: blanks, single wide characters, and runs of other
# characters. Punctuation stays with its neighbour.
_PIECES = re.compile(
    rf"\s+|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*|[{_OPENING}{_CLOSING}]+"
)
# A name longer than a line is broken after one of these.
_SEAM = re.compile(r"[/,:;=)\-_+]|\.(?!\()")


def width(text: str) -> int:
    """Return how many cells `text` takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0)


def span(inks: Iterable[Ink]) -> int:
    """Return how many cells a line takes."""
    return width(_joined(inks))


def _joined(inks: Iterable[Ink]) -> str:
    # Measured as a whole, because a lexer may split an emoji of several characters.
    return "".join(text for text, _ in inks)


def pad(text: str, cells: int, align: Literal["left", "right"] = "left") -> str:
    """Return `text` filled up with blanks to `cells`."""
    blanks = " " * (cells - width(text))
    return blanks + text if align == "right" else text + blanks


def _head(text: str, cells: int) -> str:
    """Return the longest prefix of `text` that fits."""
    if text.isascii():
        return text[: max(cells, 0)]
    end = 0
    # Few cells take more than 8 characters; the bound is for piles of accents.
    for end in range(1, min(len(text), 8 * max(cells, 0)) + 1):
        if width(text[:end]) > cells:
            return text[: end - 1]
    return text[:end]


def cut(text: str, cells: int, ellipsis: str) -> str:
    """Return `text`, or a prefix with an ellipsis if it does not fit."""
    return text if width(text) <= cells else shorten(text, cells, ellipsis)


def shorten(text: str, cells: int, ellipsis: str) -> str:
    """Return the longest prefix of `text` that fits with an ellipsis, which is always added."""
    ellipsis = _head(ellipsis, cells)
    return _head(text, cells - width(ellipsis)).rstrip() + ellipsis


def cut_inks(inks: Sequence[Ink], cells: int, ellipsis: str) -> Sequence[Ink]:
    """Apply `cut` to a line of several styles."""
    if span(inks) <= cells:
        return inks
    left, kept = len(_head(_joined(inks), cells - width(ellipsis))), list[Ink]()
    for text, style in inks:
        if len(text) > left:
            return [*kept, (text[:left] + ellipsis, style)]
        kept.append((text, style))
        left -= len(text)
    return kept


def wrap(text: str, cells: int) -> list[str]:
    """Return `text` as one or more lines that fit, without trailing blanks."""
    lines, line, used = list[str](), "", 0
    for piece in _pieces(text, cells):
        size = width(piece)
        if used + size > cells and piece.isspace():
            size, piece = 0, ""
        while used + size > cells:
            if line:
                lines += [line.rstrip()] if line.strip() else []
                line, used = "", 0
                continue
            head = _break_long(piece, cells)
            lines.append(head)
            piece = piece[len(head) :]
            size = width(piece)
        if piece.isspace() and not line and lines:
            continue
        line, used = line + piece, used + size
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _pieces(text: str, cells: int) -> Iterator[str]:
    """Yield the pieces that a line may be broken between.

    Phrases that are separated by two or more blanks stay whole if they fit.
    """
    phrases = re.split("( {2,})", text)
    for phrase in phrases:
        if len(phrases) > 1 and width(phrase) <= cells:
            yield phrase
        else:
            yield from _PIECES.findall(phrase)


def _break_long(piece: str, cells: int) -> str:
    """Return the prefix of a piece longer than a line, broken at a seam if one is near."""
    head = _head(piece, cells) or piece[:1]
    seams = [m.end() for m in _SEAM.finditer(head)]
    return head[: seams[-1]] if seams and 2 * seams[-1] >= len(head) else head
