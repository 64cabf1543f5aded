"""What go-break says beside GDB's own line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.inferior.breakpoint import Breakpoint
from gogdb.view.doc.document import Doc, Text

__all__ = ["GoroutineBreakpoint", "document"]


class GoroutineBreakpoint(NamedTuple):
    """A breakpoint for goroutines with these goids, with a label, or with both.

    `goids` may be empty, or `label` "". No goroutine has a goid of `missing` yet, and those of
    `ended` have ended.
    """

    breakpoint: Breakpoint
    goids: Sequence[int]
    label: str
    missing: Sequence[int] = ()
    ended: Sequence[int] = ()


def document(made: GoroutineBreakpoint) -> Doc:
    """Return the line below GDB's own."""
    sentences = [_where(made)]
    if made.missing:
        sentences.append(tr("Not created yet: {goroutines}.", goroutines=_names(made.missing)))
    if made.ended:
        sentences.append(
            tr(
                "Already ended: {goroutines}, and no other goroutine gets that goid.",
                goroutines=_names(made.ended),
            )
        )
    return Doc([Text(" ".join(sentences))])


def _where(made: GoroutineBreakpoint) -> str:
    if not made.goids:
        return tr("It stops only in goroutines with the label {label}.", label=made.label)
    if not made.label:
        return tr("It stops only in {goroutines}.", goroutines=_names(made.goids))
    return tr(
        "It stops only in {goroutines}, and there only with the label {label}.",
        goroutines=_names(made.goids),
        label=made.label,
    )


def _names(goids: Sequence[int]) -> str:
    return ", ".join(f"g{goid}" for goid in goids)
