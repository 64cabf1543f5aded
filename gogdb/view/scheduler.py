"""Who is bound to whom at a stage, as boxes: M ─ P ─ G, and the scheduler's lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gogdb.boot.observation import Observation
from gogdb.i18n import tr
from gogdb.runtime.model import G, M, P
from gogdb.runtime.scheduler import Runtime
from gogdb.view.address_text import g_label
from gogdb.view.doc.pages import Bound, Chain, Chip, Scheduler
from gogdb.view.m_state import m_state

__all__ = ["scheduler"]

MS = 6  # drawn one by one; those beyond are counted
CHIPS = 9  # of a list

NIL = Chip("–", nil=True)


def scheduler(moment: Observation, before: Observation | None) -> Scheduler:
    """The picture at `moment`, what is not as it was at `before` marked."""
    now = _picture(moment)
    return _marked(now, _picture(before)) if before else now


def _picture(moment: Observation) -> Scheduler:
    runtime = moment.runtime
    ms = [m for m in runtime.ms if not m.unreadable] or [moment.m0]
    bound = [_bound(m, moment) for m in ms[:MS]]
    chains = list(_chains(moment))
    return Scheduler(bound, chains, _told(bound, chains), len(ms) - len(bound))


def _bound(m: M, moment: Observation) -> Bound:
    runtime = moment.runtime
    here = m.procid == moment.lwp if any(m.procid for m in runtime.ms) else True
    p, curg, g0 = runtime.p(m.p), _g(m.curg, moment), _g(m.g0, moment)
    thread = tr("thread {id}", id=m.procid) if m.procid else tr("no thread id yet")
    return Bound(
        Chip(f"m{m.id}", thread),
        Chip(f"p{p.id}", p.status) if p else NIL,
        Chip("g0", current=here and moment.tls_g == m.g0) if g0 else NIL,
        _chip(curg, here and moment.tls_g == m.curg)
        if curg
        else Chip("–", m_state(runtime, m, {}), nil=True),
    )


def _g(address: int, moment: Observation) -> G | None:
    """A g that the runtime has on its lists, or one that it is about to put there."""
    known = [moment.g0, *([moment.main] if moment.main else [])]
    mine = (g for g in known if address and g.address == address)
    return moment.runtime.g(address) or next(mine, None)


def _chip(g: G, current: bool = False) -> Chip:
    return Chip(g_label(g.label), g.status, current)


def _chains(moment: Observation) -> Iterable[Chain]:
    runtime, sched = moment.runtime, moment.runtime.sched
    ps = [p for p in runtime.ps if not p.unreadable]
    for p in [p for p in ps if p.runnext or p.runq][:MS] or ps[:1]:
        yield _named(f"p{p.id}.runnext", (p.runnext,), moment)
        if p.runq:
            yield _named(f"p{p.id}.runq", p.runq, moment)
    if sched.runq:
        yield _named("sched.runq", sched.runq, moment)
    yield _chain("sched.pidle", [_free(p, runtime) for p in sched.pidle], linked=True)
    if sched.midle:
        yield _chain("sched.midle", [Chip(runtime.name(m)) for m in sched.midle], linked=True)
    gs = list(runtime.gs)
    if moment.main is not None and not runtime.g(moment.main.address):
        yield _chain(tr("not on allgs yet"), [_chip(moment.main)])
    yield _chain("allgs", [_chip(g) for g in gs])


def _free(address: int, runtime: Runtime) -> Chip:
    p: P | None = runtime.p(address)
    return Chip(runtime.name(address), "" if p is None or p.status == "idle" else p.status)


def _named(title: str, gs: Iterable[int], moment: Observation) -> Chain:
    found = [_g(address, moment) for address in gs if address]
    return _chain(title, [_chip(g) for g in found if g])


def _chain(title: str, chips: Sequence[Chip], *, linked: bool = False) -> Chain:
    return Chain(title, chips[:CHIPS], max(0, len(chips) - CHIPS), linked)


def _told(bound: Sequence[Bound], chains: Sequence[Chain]) -> str:
    """The picture in words, for those who do not see it."""

    def said(chip: Chip) -> str:
        return f"{chip.name} ({chip.about})" if chip.about else chip.name

    lines = []
    for line in bound:
        chips = [c for c in (line.m, line.p, line.g0, line.curg) if not c.nil]
        told = ", ".join(map(said, chips))
        runs = next((c.name for c in (line.g0, line.curg) if c.current), "")
        lines.append(told + (f"; {tr('current g: {g}', g=runs)}" if runs else ""))
    for chain in chains:
        lines.append(f"{chain.title}: {', '.join(map(said, chain.chips)) or tr('empty')}")
    return ". ".join(lines)


def _marked(now: Scheduler, before: Scheduler) -> Scheduler:
    was = {line.m.name: line for line in before.bound}
    bound = []
    for line in now.bound:
        old = was.get(line.m.name)
        if old is None:
            bound.append(replace(line, m=replace(line.m, changed=True)))
            continue
        pairs = {
            name: (getattr(line, name), getattr(old, name)) for name in ("m", "p", "g0", "curg")
        }
        bound.append(
            Bound(**{name: replace(new, changed=new != old) for name, (new, old) in pairs.items()})
        )
    lists = {chain.title: chain for chain in before.chains}
    chains = [
        replace(
            chain,
            changed=lists[chain.title] != chain if chain.title in lists else bool(chain.chips),
        )
        for chain in now.chains
    ]
    return replace(now, bound=bound, chains=chains)
