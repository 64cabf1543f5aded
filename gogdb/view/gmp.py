"""The page of go-gmp: the scheduler's numbers, the Ps, Ms and Gs, and which belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.i18n import tr
from gogdb.runtime.filters import Totals
from gogdb.runtime.scheduler import Runtime
from gogdb.view.binding import binding
from gogdb.view.doc.document import Doc, Heading, Note, Part
from gogdb.view.expr import Expr
from gogdb.view.g_table import GRows, folded_line, g_commands, totals
from gogdb.view.m_table import m_commands, m_table
from gogdb.view.p_table import p_commands, p_table
from gogdb.view.sched_table import sched_commands, sched_table

__all__ = ["document"]


def document(
    runtime: Runtime,
    sections: Sequence[str],
    listed: GRows,
    counts: Totals,
    interrupted: str | None = None,
    *,
    activities: Mapping[int, str] | None = None,
    expr: Expr | None = None,
) -> Doc:
    """Return the page with some of the sections "sched", "p", "m" and "g".

    `listed` are the goroutines to show, `counts` all that match. `activities` are what Ms without
    a goroutine do (`read_activities`). With `expr` each section ends with equivalent GDB commands.
    """
    parts: list[Part] = []
    if "sched" in sections:
        parts.append(Heading(f"{tr('scheduler')} · {runtime.go_version}"))
        parts += sched_table(runtime)
        parts += expr.block(sched_commands(runtime)) if expr else []
    if "p" in sections:
        parts += [Heading(tr("Ps"), 2), *p_table(runtime)]
        parts += expr.block(p_commands(runtime)) if expr else []
    if "m" in sections:
        parts += [Heading(tr("Ms"), 2), *m_table(runtime, activities or {}, runtime.threads)]
        parts += expr.block(m_commands(runtime)) if expr else []
    if len(sections) > 1 and runtime.ms:
        parts += [
            Heading("M ─ P ─ G", 2),
            binding(runtime, activities=activities, threads=runtime.threads),
        ]
    if "g" in sections:
        parts += totals(counts)
        if len(listed) or not (interrupted or listed.folded):  # nothing listed is not "none" then
            parts += listed.table()
        if not interrupted:
            parts += _not_shown(counts.total() - listed.folded, len(listed))
        parts += folded_line(listed.folded)
        parts += expr.block(g_commands(runtime, *listed.examples)) if expr else []
    if interrupted:
        parts.append(Note(interrupted, "warn"))
    return Doc([*parts, *(Note(note, "warn") for note in runtime.notes)])


def _not_shown(total: int, shown: int) -> list[Part]:
    if total <= shown:
        return []
    text = tr("{count} more: --limit {all} shows them all", count=total - shown, all=total)
    return [Note(text)]
