"""Pictures made of text, for a browser: lines scroll sideways, so none is wrapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.render.cells import width
from gogdb.view.doc.document import Art, Remarked, Span, StackBar, Wrapped

__all__ = ["art_lines"]


def art_lines(part: Art) -> Iterator[Sequence[Span]]:
    """Yield the lines of a picture as runs of text that need no further layout."""
    for line in part.lines:
        match line:
            case Wrapped():
                yield [Span(line.text, line.role)]
            case Remarked():
                *others, last = line.lines
                yield from map(_padded, others)
                yield _padded([*last, line.remark])
            case StackBar():
                yield [Span(f"lo {line.lo:#x} … {line.hi:#x} hi", "address")]
            case _:
                yield _padded(line)


def _padded(spans: Sequence[Span]) -> Sequence[Span]:
    padded: list[Span] = []
    for span in spans:
        cells = width(span.text)
        padded.append(Span(" " * cells) if span.hidden else span)
        padded.append(Span(" " * (span.min_cells - cells)))
    return [span for span in padded if span.text]
