"""M ─ P ─ G: which M holds which P and runs which goroutine, as a picture.

It stays readable with many of each: only the first Ms and Ps of a kind have a line of their own,
the others are listed by name in ranges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gogdb.i18n import tr
from gogdb.runtime.goversion import left_p
from gogdb.runtime.model import G, M, P
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.threads import Threads
from gogdb.view import change_marks
from gogdb.view.doc.document import Art, ArtLine, Role, Span, Wrapped
from gogdb.view.format import ranges
from gogdb.view.m_state import MOST_DRAWN, idle_ms, m_state, queue_length

__all__ = ["binding", "idle_list"]

MOST_LINKS = 8  # of a list
M_CELLS, THREAD_CELLS, P_CELLS = 4, 16, 8  # columns of the picture


def binding(
    runtime: Runtime,
    m0: M | None = None,
    activities: Mapping[int, str] | None = None,
    before: Runtime | None = None,
    threads: Threads | None = None,
) -> Art:
    """Draw a line for each busy M, then the Ps without an M, then the idle Ms and Ps by name.

    `m0` is drawn while allm is empty. `activities` are runtime functions by M address
    (`read_activities`). Differences from `before` are marked. `threads` are those of this stop;
    without them an M is shown with its m.procid.
    """
    picture = _Picture(runtime, activities or {}, before, threads)
    idle = idle_ms(runtime, threads)
    idle_addresses = {m.address for m in idle}
    ms = [m for m in runtime.ms if m.address not in idle_addresses] or ([m0] if m0 else [])
    readable = [m for m in ms if not m.unreadable]
    running = [m for m in readable if m.curg and m.p]
    without_p = [m for m in readable if m.curg and not m.p]
    without_g = [m for m in readable if not m.curg]
    picture.ms(running, lambda rest: picture.bonds(rest, _more_running))
    picture.ms(without_p, lambda rest: picture.bonds(rest, _more_without_p))
    picture.ms(without_g, picture.states)
    for m in ms:
        if m.unreadable:
            picture.unreadable(tr("an M at {address:#x}", address=m.address), m)
    picture.free_ps()
    head = tr("{count} idle {count:M|Ms}", count=len(idle))
    picture.names(head, "m", [m.id for m in idle], _first(runtime.sched.midle))
    return Art(picture.lines)


def idle_list(runtime: Runtime, before: Runtime | None = None) -> Art:
    """Draw sched.pidle, the P to be taken next first; a difference from `before` is marked."""
    names = [runtime.name(p) for p in runtime.sched.pidle]
    if len(names) > MOST_LINKS + 1:
        names[MOST_LINKS:] = [tr("… {count} more", count=len(names) - MOST_LINKS)]
    changed = before is not None and before.sched.pidle != runtime.sched.pidle
    links = change_marks.span(" → ".join(names) or tr("empty"), changed)
    return Art([[Span("sched.pidle  ", "dim"), links, Span(" → nil", "dim")]])


def _first(addresses: Sequence[int]) -> int:
    return addresses[0] if addresses else 0


class _Picture:
    """The lines drawn so far, and the Ps that are already drawn, beside an M."""

    def __init__(
        self,
        runtime: Runtime,
        activities: Mapping[int, str],
        before: Runtime | None,
        threads: Threads | None,
    ) -> None:
        self.lines: list[ArtLine] = []
        self._threads = threads
        self._before = before
        self._runtime = runtime
        self._activities = activities
        self._drawn_ps: set[int] = set()

    def ms(self, ms: Sequence[M], fold: Callable[[Sequence[M]], None]) -> None:
        """Draw the first Ms one by one, and the others with `fold`."""
        for m in ms[:MOST_DRAWN]:
            self._m(m)
        fold(ms[MOST_DRAWN:])

    def _m(self, m: M) -> None:
        """Draw an M with its P and its goroutine."""
        runtime, before = self._runtime, self._before
        p, left = self._held_p(m), self._left_p(m)
        old = before.m(m.address) if before else None
        is_new = bool(before and before.ms) and old is None
        p_name = f" ── {runtime.name(m.p)}" if m.p else " ── –"
        thread_changed = old is not None and old.procid != m.procid
        p_changed = old is not None and old.p != m.p
        thread = _column(self._thread(m), thread_changed, "dim", THREAD_CELLS)
        spans = [
            _column(f"m{m.id}", is_new, "strong", M_CELLS),
            replace(thread, optional=True),
            _column(p_name, p_changed, "" if m.p else "dim", P_CELLS),
        ]
        if m.curg:
            g = runtime.g(m.curg)
            g_changed = old is not None and old.curg != m.curg
            spans.append(change_marks.span(f" ── {runtime.name(m.curg)}", g_changed, "strong"))
            spans.append(self._status(g) if g else Span(""))
            if m.lockedg:
                spans.append(Span(tr(", locked to {m}", m=f"m{m.id}"), "dim"))
            if left:
                spans.append(Span(tr(", left {p}", p=f"p{left.id}"), "dim"))
        else:
            state = m_state(runtime, m, self._activities, self._threads)
            spans += [Span(" ── ", "dim"), Span(tr("no g: "), "dim", optional=True)]
            spans.append(Span(state or tr("on {g0}", g0=runtime.name(m.g0) or "g0"), "status"))
        if queue_of := p or left:
            spans.append(self._queue(queue_of))
        self.lines.append(spans)

    def _thread(self, m: M) -> str:
        """Return an M's thread by the kernel's id, or by m.procid."""
        if self._threads is None:
            return tr("(thread {lwp})", lwp=m.procid) if m.procid else tr("(no thread id yet)")
        thread = self._threads.of(m)
        if thread:
            return tr("(thread {lwp})", lwp=thread.lwp)
        return tr("(no thread)") if self._threads.has_none(m) else tr("(no thread id yet)")

    def _status(self, g: G) -> Span:
        old = self._before.g(g.address) if self._before else None
        changed = old is not None and old.status != g.status
        return change_marks.span(f" {g.status}", changed, "status")

    def _held_p(self, m: M) -> P | None:
        p = self._runtime.p(m.p)
        if p is not None:
            self._drawn_ps.add(p.address)
        return p

    def _left_p(self, m: M) -> P | None:
        """Return the P that an M left when it entered a system call, unless another M took it."""
        p = self._runtime.p(left_p(m.p, m.oldp)) if m.curg else None
        if p is None or p.status != "syscall" or p.address in self._drawn_ps:
            return None
        self._drawn_ps.add(p.address)
        return p

    def _queue(self, p: P) -> Span:
        """Return what waits for a P, to follow other text: ", runq 3, next g17"."""
        old = self._before.p(p.address) if self._before else None
        changed = old is not None and (old.runnext, old.runq) != (p.runnext, p.runq)
        following = p.runnext or _first(p.runq)
        if not following:
            return change_marks.span(tr(", next –"), True) if changed else Span("")
        length = f", runq {len(p.runq)}" if p.runq else ""
        return change_marks.span(
            length + tr(", next {g}", g=self._runtime.name(following)), changed
        )

    def bonds(self, ms: Sequence[M], head: Callable[[int], str]) -> None:
        """List Ms as "m17─p17─g33+2", where 2 goroutines wait for the P; `head` takes the count."""
        names = []
        for m in ms:
            p = self._held_p(m) or self._left_p(m)
            waiting = queue_length(p) if p else 0
            bond = (f"m{m.id}", self._runtime.name(m.p), self._runtime.name(m.curg))
            names.append("─".join(filter(None, bond)) + (f"+{waiting}" if waiting else ""))
        if names:
            any_waits = any("+" in name for name in names)
            legend = " " + tr("(+n: so many Gs wait for the P)") if any_waits else ""
            self._list(head(len(names)) + legend, names)

    def states(self, ms: Sequence[M]) -> None:
        """List Ms without a goroutine by what they do."""
        by_state: dict[str, list[int]] = defaultdict(list)
        for m in ms:
            self._held_p(m)
            state = m_state(self._runtime, m, self._activities, self._threads) or tr(
                "on {g0}", g0="g0"
            )
            by_state[state].append(m.id)
        for state, ids in by_state.items():
            head = tr("{count} more {doing}", count=len(ids), doing=state)
            self._list(head, ranges("m", ids).split())

    def free_ps(self) -> None:
        """Draw the Ps that no M holds: one by one if goroutines wait for them, else by status."""
        free = [p for p in self._runtime.ps if p.address not in self._drawn_ps]
        queued = [p for p in free if not p.unreadable and queue_length(p)]
        for p in queued[:MOST_DRAWN]:
            self.lines.append(
                [
                    Span("", min_cells=M_CELLS),
                    Span(tr("(no M)"), "dim", THREAD_CELLS, optional=True),
                    Span(f" ── p{p.id}", min_cells=P_CELLS),
                    Span(f" {p.status}", "status"),
                    self._queue(p),
                ]
            )
        rest = [p.id for p in queued[MOST_DRAWN:]]
        self.names(tr("{count} more with work and no M", count=len(rest)), "p", rest)
        by_status: dict[str, list[int]] = defaultdict(list)
        for p in free:
            if p.unreadable:
                self.unreadable(tr("a P at {address:#x}", address=p.address), p)
            elif not queue_length(p):
                by_status[p.status].append(p.id)
        for status, ids in by_status.items():
            following = _first(self._runtime.sched.pidle) if status == "idle" else 0
            head = tr("{count} {status} {count:P|Ps}", count=len(ids), status=status)
            self.names(head, "p", ids, following)

    def unreadable(self, name: str, lost: M | P) -> None:
        """Say why an M or P cannot be read."""
        text = tr("{what}: {why}", what=name, why=lost.unreadable)
        self.lines.append([Span(text, "bad")])

    def names(self, head: str, prefix: str, ids: Sequence[int], following: int = 0) -> None:
        """List Ms or Ps by name in ranges; the one at the address `following` is taken next."""
        if not ids:
            return
        names = ranges(prefix, ids).split()
        if following and len(ids) > 1:
            names[-1] += tr(", {name} next", name=self._runtime.name(following))
        self._list(head, names)

    def _list(self, head: str, names: Sequence[str]) -> None:
        text = tr("{head}: {names}", head=head, names=" ".join(names))
        more = "… " + tr("`go-gmp m` and `go-gmp p` list them all")
        self.lines.append(Wrapped(text, "dim", more))


def _column(text: str, changed: bool, role: Role, cells: int) -> Span:
    return replace(change_marks.span(text, changed, role), min_cells=cells)


def _more_running(count: int) -> str:
    return tr("{count} more at work", count=count)


def _more_without_p(count: int) -> str:
    return tr("{count} more without a P", count=count)
