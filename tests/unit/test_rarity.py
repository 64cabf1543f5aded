"""Goroutines in the order of how many are like them."""

from __future__ import annotations

from gogdb.runtime.batch import Batch
from gogdb.runtime.model import G, GConstants
from gogdb.runtime.rarity import Census
from tests.support import factories

NAMES = GConstants(factories.STATUSES, ("", "select", "chan receive"))
HANDLE, COLLECT = 0x5000, 0x6000  # where goroutines start


def waiting(goid: int, startpc: int, depth: int, reason: int = 1) -> G:
    return factories.g(
        goid,
        constants=NAMES,
        waitreason_code=reason,
        startpc=startpc,
        stack_hi=0x9000 * goid,
        sched_sp=0x9000 * goid - depth,
    )


VICTIMS = [waiting(n, HANDLE, 0x100) for n in range(1, 9)]
HOLDER = waiting(20, HANDLE, 0x80)
OTHERS = [waiting(n, HANDLE, 0x100, reason=2) for n in (30, 31)]
OWN = [waiting(n, COLLECT, 0x40) for n in (40, 41, 42)]


def rarest(limit: int, *gs: G) -> list[int]:
    census = Census(limit)
    for start in range(0, len(gs), 5):
        census.add(Batch.from_gs(gs[start : start + 5]))
    return [g.goid for g in census.rarest(lambda startpc: startpc == COLLECT)]


def test_the_rarest_come_first_and_the_extra_ones_last() -> None:
    every = [*VICTIMS, *OWN, *OTHERS, HOLDER]
    victims = list(range(1, 9))
    assert rarest(100, *every) == [20, 30, 31, *victims, 40, 41, 42]
    assert rarest(4, *every) == [20, 30, 31, 1, 40, 41, 42]
    assert rarest(2, *every) == [20, 30, 40, 41]


def test_equally_rare_ones_keep_their_order() -> None:
    assert rarest(9, OTHERS[0], HOLDER, VICTIMS[0]) == [30, 20, 1]


def test_all_are_counted() -> None:
    census = Census(1)
    unreadable = factories.g(50, constants=NAMES, unreadable="cannot read it")
    census.add(Batch.from_gs([*VICTIMS, *OTHERS, unreadable]))
    census.add(Batch.from_gs([]))
    assert census.totals == {
        ("waiting", "select"): 8,
        ("waiting", "chan receive"): 2,
        ("unreadable", ""): 1,
    }
    assert sorted(census.counts.values()) == [1, 2, 8]
    assert Census(5).totals == {}
