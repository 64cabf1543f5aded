"""Who is bound to whom: M ─ P ─ G as a picture that stays legible with many of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from textwrap import wrap

from gogdb.i18n import tr
from gogdb.runtime.model import G, M, P
from gogdb.runtime.scheduler import Runtime
from gogdb.view import change_marks
from gogdb.view.address_text import short
from gogdb.view.doc import Art, Role, Span
from gogdb.view.format import cells, ranges

__all__ = ["binding", "idle", "idle_ms", "idle_ps", "state"]

FOLD = 16  # drawn one by one, of a kind; those beyond are named only
LINES = 12  # of names
CHAIN = 8  # links of a list
ROOM = 74  # cells of a line of names: it fits the narrowest terminal in use


def state(runtime: Runtime, m: M, duties: Mapping[int, str]) -> str:
    """What an M that runs no goroutine does, "" where nothing tells; `duties` by M address."""
    if m.curg:
        return ""
    if m.lockedg:
        return tr("waits for {g}, locked to it", g=runtime.name(m.lockedg))
    if m.address in runtime.sched.midle:
        return tr("idle")
    if m.nextp:
        return tr("woken for {p}", p=runtime.name(m.nextp))
    if m.spinning:
        return tr("spinning")
    if m.address in duties:
        return _duty(duties[m.address])
    return tr("blocked") if m.blocked else ""


def _duty(function: str) -> str:
    match function:
        case "runtime.sysmon":
            return "sysmon"
        case "runtime.templateThread":
            return tr("template thread")
    return tr("in {function}", function=short(function))


def idle_ms(runtime: Runtime) -> list[M]:
    """The Ms of which nothing is to be said but that they are idle."""
    waiting = set(runtime.sched.midle)
    return [
        m
        for m in runtime.ms
        if m.address in waiting and not (m.unreadable or m.curg or m.p or m.lockedg)
    ]


def idle_ps(runtime: Runtime) -> list[P]:
    """The same of Ps."""
    return [p for p in runtime.ps if p.status == "idle" and not (p.unreadable or p.m or _work(p))]


def _work(p: P) -> int:
    """How many goroutines wait for this P."""
    return len(p.runq) + bool(p.runnext)


def binding(
    runtime: Runtime,
    m0: M | None = None,
    duties: Mapping[int, str] | None = None,
    before: Runtime | None = None,
) -> Art:
    """A line for each M that does something, then the Ps that nobody holds, then the idle.

    `m0` is drawn while allm is empty. Beyond `FOLD` of a kind only the names are left.
    What differs from `before` is marked.
    """
    picture = _Picture(runtime, duties or {}, before)
    known = {m.address for m in idle_ms(runtime)}
    ms = [m for m in runtime.ms if m.address not in known] or ([m0] if m0 else [])
    at_work = [m for m in ms if m.p and m.curg and not m.unreadable]
    calling = [m for m in ms if m.curg and not m.p and not m.unreadable]
    others = [m for m in ms if not m.curg and not m.unreadable]
    for kind, fold in (
        (at_work, partial(picture.chains, _at_work)),
        (calling, partial(picture.chains, _calling)),
        (others, picture.states),
    ):
        for m in kind[:FOLD]:
            picture.line(m)
        fold(kind[FOLD:])
    for m in ms:
        if m.unreadable:
            picture.lines.append(
                [Span(_lost(tr("an M at {address:#x}", address=m.address), m), "bad")]
            )
    picture.free_ps()
    ids = [m.id for m in idle_ms(runtime)]
    head = tr("{count} idle Ms", count=len(ids)) if len(ids) > 1 else tr("1 idle M")
    picture.names(head, "m", ids, _first(runtime.sched.midle))
    return Art(picture.lines)


def _first(addresses: Sequence[int]) -> int:
    return addresses[0] if addresses else 0


class _Picture:
    """Lines under way; `_drawn` are the Ps that stand beside an M."""

    def __init__(self, runtime: Runtime, duties: Mapping[int, str], before: Runtime | None) -> None:
        self.lines: list[list[Span]] = []
        self._before = before
        self._runtime = runtime
        self._duties = duties
        self._drawn: set[int] = set()

    def line(self, m: M) -> None:
        """One M with its P and its G."""
        runtime = self._runtime
        p, left = self._held(m), self._left(m)
        was = self._before.m(m.address) if self._before else None
        new = bool(self._before and self._before.ms) and was is None
        thread = tr("(thread {lwp})", lwp=m.procid) if m.procid else tr("(no thread id yet)")
        spans = [
            change_marks.span(f"m{m.id}".ljust(4), new, "strong"),
            change_marks.span(_pad(thread), was is not None and was.procid != m.procid, "dim"),
            change_marks.span(
                f" ── {runtime.name(m.p)}".ljust(8) if m.p else " ── –   ",
                was is not None and was.p != m.p,
                "" if m.p else "dim",
            ),
        ]
        if m.curg:
            g = runtime.g(m.curg)
            taken = was is not None and was.curg != m.curg
            spans.append(change_marks.span(f" ── {runtime.name(m.curg)}", taken, "strong"))
            spans.append(self._status(g) if g else Span(""))
            if m.lockedg:
                spans.append(Span(tr(", locked to {m}", m=f"m{m.id}"), "dim"))
            if left:
                spans.append(Span(tr(", left {p}", p=f"p{left.id}"), "dim"))
        else:
            doing = state(runtime, m, self._duties)
            spans.append(Span(f" ── {tr('no g: ')}", "dim"))
            spans.append(Span(doing or tr("on {g0}", g0=runtime.name(m.g0) or "g0"), "status"))
        if work := p or left:
            spans.append(self._queue(work))
        self.lines.append(spans)

    def _status(self, g: G) -> Span:
        was = self._before.g(g.address) if self._before else None
        return change_marks.span(
            f" {g.status}", was is not None and was.status != g.status, "status"
        )

    def _held(self, m: M) -> P | None:
        p = self._runtime.p(m.p)
        self._drawn |= {p.address} if p else set()
        return p

    def _left(self, m: M) -> P | None:
        """The P that an M in a system call left, and may still find free when it returns.

        Up to go1.25 (entersyscall); from then on such an M keeps it.
        """
        p = self._runtime.p(m.oldp) if m.curg and not m.p else None
        if p is None or p.status != "syscall" or p.address in self._drawn:
            return None
        self._drawn.add(p.address)
        return p

    def _queue(self, p: P) -> Span:
        """What waits for a P, to stand behind something: ", runq 3, next g17"."""
        was = self._before.p(p.address) if self._before else None
        changed = was is not None and (was.runnext, was.runq) != (p.runnext, p.runq)
        following = p.runnext or _first(p.runq)
        if not following:
            return change_marks.span(tr(", next –"), True) if changed else Span("")
        length = f", runq {len(p.runq)}" if p.runq else ""
        return change_marks.span(
            length + tr(", next {g}", g=self._runtime.name(following)), changed
        )

    def chains(self, head: Callable[[int], str], ms: Sequence[M]) -> None:
        """`head` by their count, and Ms as "m17─p17─g33", with what waits for the P: "+2"."""
        names = []
        for m in ms:
            p, left = self._held(m), self._left(m)
            bound = (f"m{m.id}", self._runtime.name(m.p), self._runtime.name(m.curg))
            waiting = _work(p or left) if p or left else 0  # type: ignore[arg-type]
            names.append("─".join(filter(None, bound)) + (f"+{waiting}" if waiting else ""))
        if names:
            waits = any("+" in name for name in names)
            plus = " " + tr("(+n: so many Gs wait for the P)") if waits else ""
            self._folded(head(len(names)) + plus, names)

    def states(self, ms: Sequence[M]) -> None:
        """Ms without a goroutine by what they do."""
        by_state: dict[str, list[int]] = defaultdict(list)
        for m in ms:
            self._held(m)
            by_state[state(self._runtime, m, self._duties) or tr("on {g0}", g0="g0")].append(m.id)
        for doing, ids in by_state.items():
            self._folded(
                tr("{count} more {doing}", count=len(ids), doing=doing), ranges("m", ids).split()
            )

    def free_ps(self) -> None:
        """The Ps that stand beside no M: those with work one by one, the others by status."""
        free = [p for p in self._runtime.ps if p.address not in self._drawn]
        laden = [p for p in free if not p.unreadable and _work(p)]
        for p in laden[:FOLD]:
            spans = [Span(" " * 4), Span(_pad(tr("(no M)")), "dim"), Span(f" ── p{p.id}".ljust(8))]
            self.lines.append([*spans, Span(f" {p.status}", "status"), self._queue(p)])
        rest = [p.id for p in laden[FOLD:]]
        self.names(tr("{count} more with work and no M", count=len(rest)), "p", rest, 0)
        by_status: dict[str, list[int]] = defaultdict(list)
        for p in free:
            if p.unreadable:
                self.lines.append(
                    [Span(_lost(tr("a P at {address:#x}", address=p.address), p), "bad")]
                )
            elif not _work(p):
                by_status[p.status].append(p.id)
        for status, ids in by_status.items():
            following = _first(self._runtime.sched.pidle) if status == "idle" else 0
            if len(ids) > 1:
                head = tr("{count} {status} Ps", count=len(ids), status=status)
            else:
                head = tr("1 {status} P", status=status)
            self.names(head, "p", ids, following)

    def names(self, head: str, prefix: str, ids: Sequence[int], following: int) -> None:
        """Things by name, in ranges; `following` is the one that is taken next."""
        if not ids:
            return
        names = ranges(prefix, ids).split()
        if following and len(ids) > 1:
            names[-1] += tr(", {name} next", name=self._runtime.name(following))
        self._folded(head, names)

    def _folded(self, head: str, names: Sequence[str], role: Role = "dim") -> None:
        said = tr("{head}: {names}", head=head, names=" ".join(names))
        room = ROOM - (cells(said) - len(said))
        lines = wrap(said, room, break_long_words=False, break_on_hyphens=False)
        shown = lines[:LINES]
        if len(lines) > LINES:
            shown.append("… " + tr("`go-gmp m` and `go-gmp p` list them all"))
        self.lines += [[Span("  " * bool(n) + line, role)] for n, line in enumerate(shown)]


def _at_work(count: int) -> str:
    return tr("{count} more at work", count=count)


def _calling(count: int) -> str:
    return tr("{count} more without a P", count=count)


def _lost(what: str, found: M | P) -> str:
    return tr("{what}: {why}", what=what, why=found.unreadable)


def _pad(text: str) -> str:
    return text + " " * (16 - cells(text))


def idle(runtime: Runtime, before: Runtime | None = None) -> Art:
    """sched.pidle, the next to be taken first."""
    names = [runtime.name(p) for p in runtime.sched.pidle]
    if len(names) > CHAIN + 1:
        names[CHAIN:] = [tr("… {count} more", count=len(names) - CHAIN)]
    chain = " → ".join(names) or tr("empty")
    changed = before is not None and before.sched.pidle != runtime.sched.pidle
    shown = change_marks.span(chain, changed)
    return Art([[Span("sched.pidle  ", "dim"), shown, Span(" → nil", "dim")]])
