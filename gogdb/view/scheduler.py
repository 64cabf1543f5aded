"""Which M holds which P and runs which G at a stage, as boxes, and the scheduler's lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from gogdb.i18n import tr
from gogdb.runtime.model import G, M
from gogdb.runtime.scheduler import Runtime
from gogdb.view.address_text import g_label
from gogdb.view.doc.pages import Bound, Chain, Chip, Scheduler
from gogdb.view.m_state import m_state

__all__ = ["scheduler"]

MOST_MS = 6  # drawn one by one; the others are counted
MOST_CHIPS = 9  # of a list

NIL = Chip("–", nil=True)


class State(Protocol):
    """A stop of the boot, or of a goroutine's round."""

    @property
    def runtime(self) -> Runtime: ...

    @property
    def tls_g(self) -> int:
        """The word in the TLS slot, the address of a g."""

    @property
    def own_m(self) -> M:
        """The M that is watched; it is drawn first."""

    @property
    def own_gs(self) -> Sequence[G]:
        """The gs that are watched; the last one may not be on allgs yet."""


def scheduler(now: State, before: State | None) -> Scheduler:
    """Return the picture at a stop; what differs from the one at `before` is marked."""
    picture = _picture(now)
    return _marked(picture, _picture(before)) if before else picture


def _picture(now: State) -> Scheduler:
    own = now.own_m
    ms = [own, *(m for m in now.runtime.ms if not m.unreadable and m.address != own.address)]
    bound = [_bound(m, now) for m in ms[:MOST_MS]]
    chains = list(_chains(now))
    return Scheduler(bound, chains, _describe(bound, chains), len(ms) - len(bound))


def _bound(m: M, now: State) -> Bound:
    """Return an M with its P, its g0 and its goroutine."""
    runtime = now.runtime
    p, curg, g0 = runtime.p(m.p), _g(m.curg, now), _g(m.g0, now)
    thread = tr("thread {id}", id=m.procid) if m.procid else tr("no thread id yet")
    if curg:
        curg_chip = _g_chip(curg, now.tls_g == m.curg)
    else:
        curg_chip = Chip("–", m_state(runtime, m, {}), nil=True)
    return Bound(
        Chip(f"m{m.id}", thread),
        Chip(f"p{p.id}", p.status) if p else NIL,
        Chip("g0", current=now.tls_g == m.g0) if g0 else NIL,
        curg_chip,
    )


def _g(address: int, now: State) -> G | None:
    """Return a g, also one that is not on the runtime's lists yet; None for nil."""
    observed = {g.address: g for g in now.own_gs}
    return now.runtime.g(address) or (observed.get(address) if address else None)


def _g_chip(g: G, current: bool = False) -> Chip:
    return Chip(g_label(g.label), g.status, current)


def _chains(now: State) -> Iterator[Chain]:
    """Yield the run queues, the idle Ps and Ms, and the goroutines."""
    runtime, sched = now.runtime, now.runtime.sched
    ps = [p for p in runtime.ps if not p.unreadable]
    for p in [p for p in ps if p.runnext or p.runq][:MOST_MS] or ps[:1]:
        yield _g_chain(f"p{p.id}.runnext", (p.runnext,), now)
        if p.runq:
            yield _g_chain(f"p{p.id}.runq", p.runq, now)
    if sched.runq:
        yield _g_chain("sched.runq", sched.runq, now)
    yield _chain("sched.pidle", [_idle_p(p, runtime) for p in sched.pidle], linked=True)
    if sched.midle:
        yield _chain("sched.midle", [Chip(runtime.name(m)) for m in sched.midle], linked=True)
    if new := [g for g in now.own_gs if not g.is_system and not runtime.g(g.address)]:
        yield _chain(tr("not on allgs yet"), [_g_chip(g) for g in new])
    yield _chain("allgs", [_g_chip(g) for g in runtime.gs])


def _idle_p(address: int, runtime: Runtime) -> Chip:
    """Return a P on the idle list, with its status if that is not idle."""
    p = runtime.p(address)
    return Chip(runtime.name(address), p.status if p and p.status != "idle" else "")


def _g_chain(title: str, addresses: Iterable[int], now: State) -> Chain:
    gs = [_g(address, now) for address in addresses]
    return _chain(title, [_g_chip(g) for g in gs if g])


def _chain(title: str, chips: Sequence[Chip], *, linked: bool = False) -> Chain:
    return Chain(title, chips[:MOST_CHIPS], max(0, len(chips) - MOST_CHIPS), linked)


def _describe(bound: Sequence[Bound], chains: Sequence[Chain]) -> str:
    """Return the picture as text, for screen readers."""
    sentences = []
    for row in bound:
        chips = [chip for chip in (row.m, row.p, row.g0, row.curg) if not chip.nil]
        sentence = ", ".join(map(_describe_chip, chips))
        if current := next((c.name for c in (row.g0, row.curg) if c.current), ""):
            sentence += f"; {tr('current g: {g}', g=current)}"
        sentences.append(sentence)
    for chain in chains:
        chips_text = ", ".join(map(_describe_chip, chain.chips)) or tr("empty")
        sentences.append(f"{chain.title}: {chips_text}")
    return ". ".join(sentences)


def _describe_chip(chip: Chip) -> str:
    return f"{chip.name} ({chip.about})" if chip.about else chip.name


def _marked(now: Scheduler, before: Scheduler) -> Scheduler:
    """Return the picture with `changed` set where it differs from the one before."""
    old_rows = {row.m.name: row for row in before.bound}
    old_chains = {chain.title: chain for chain in before.chains}
    bound = [_mark_row(row, old_rows.get(row.m.name)) for row in now.bound]
    chains = []
    for chain in now.chains:
        old = old_chains.get(chain.title)
        changed = old != chain if old else bool(chain.chips)
        chains.append(replace(chain, changed=changed))
    return replace(now, bound=bound, chains=chains)


def _mark_row(row: Bound, old: Bound | None) -> Bound:
    if old is None:
        return replace(row, m=replace(row.m, changed=True))
    return Bound(
        m=replace(row.m, changed=row.m != old.m),
        p=replace(row.p, changed=row.p != old.p),
        g0=replace(row.g0, changed=row.g0 != old.g0),
        curg=replace(row.curg, changed=row.curg != old.curg),
    )
