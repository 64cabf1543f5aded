"""The page of go-gmp: the scheduler's numbers, the Ps, Ms and Gs, and which belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.i18n import tr
from gogdb.runtime.clock import Clock
from gogdb.runtime.filters import Totals
from gogdb.runtime.goroutines import user_frame
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Shape, Trace
from gogdb.runtime.unwind import Frame
from gogdb.view.binding import binding
from gogdb.view.doc.document import Doc, Heading, Note, Part
from gogdb.view.expr import Expr
from gogdb.view.g_table import g_commands, g_table, totals
from gogdb.view.m_table import m_commands, m_table
from gogdb.view.p_table import p_commands, p_table
from gogdb.view.sched_table import sched_commands, sched_table

__all__ = ["document"]


def document(
    runtime: Runtime,
    sections: Sequence[str],
    traces: Sequence[Trace],
    counts: Totals,
    interrupted: str | None = None,
    *,
    filtered: bool = False,
    clock: Clock | None = None,
    activities: Mapping[int, str] | None = None,
    expr: Expr | None = None,
) -> Doc:
    """Return the page with some of the sections "sched", "p", "m" and "g".

    `traces` are the goroutines to show, `counts` all that match; `filtered`: the user asked for
    some only. `activities` are what Ms without
    a goroutine do (`read_activities`). Without a `clock` there are no waiting times. With `expr`
    each section ends with equivalent GDB commands.
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
        parts += _goroutines(runtime, traces, counts, clock, filtered)
        if not interrupted:
            parts += _not_shown(counts.total(), len(traces))
        parts += expr.block(g_commands(runtime, [t.g for t in traces])) if expr else []
    if interrupted:
        parts.append(Note(interrupted, "warn"))
    return Doc([*parts, *(Note(note, "warn") for note in runtime.notes)])


def _goroutines(
    runtime: Runtime,
    traces: Sequence[Trace],
    counts: Totals,
    clock: Clock | None,
    filtered: bool,
) -> list[Part]:
    places: dict[Shape, Frame | None] = {}  # of each shape: many goroutines have the same
    for trace in traces:
        if trace.shape not in places:
            places[trace.shape] = user_frame(trace.shape.frames)
    user_frames = {t.g.address: frame for t in traces if (frame := places[t.shape])}
    gs = [trace.g for trace in traces]
    return [*totals(counts), *g_table(runtime, gs, user_frames, clock, filtered=filtered)]


def _not_shown(total: int, shown: int) -> list[Part]:
    if total <= shown:
        return []
    text = tr("{count} more: --limit {all} shows them all", count=total - shown, all=total)
    return [Note(text)]
