"""The scheduler's numbers and idle lists on the page of go-gmp."""

from __future__ import annotations

from gogdb.render.ansi import render
from gogdb.view.doc.document import Doc, Part, Table
from gogdb.view.sched_table import sched_commands, sched_table
from tests.support import factories
from tests.support.factories import p_at


def lines(parts: list[Part]) -> list[str]:
    return list(render(Doc(parts), width=80, color=False))


def test_numbers_of_the_scheduler_are_those_of_the_fields() -> None:
    fields = {
        "npidle": 11,
        "mnext": 25,
        "nmfreed": 4,
        "nmidle": 13,
        "nmspinning": 14,
        "nmidlelocked": 15,
        "runqsize": 16,
        "goidgen": 17,
        "ngsys": 18,
        "gfree": 19,
        "gcwaiting": 1,
        "sysmonwait": 0,
        "maxmcount": 20,
    }
    runtime = factories.runtime(ps=[factories.p(0)] * 10, sched=fields, ncpu=8)
    (table,) = sched_table(runtime)
    assert isinstance(table, Table)
    values = {row[1].text: row[2].value for row in table.rows}
    assert values == {
        "gomaxprocs": 10,
        "npidle": 11,
        "mnext − nmfreed": 21,
        "nmidle": 13,
        "nmidlelocked": 15,
        "nmspinning": 14,
        "runqsize": 16,
        "goidgen": 17,
        "ngsys": 18,
        "gFree": 19,
        "gcwaiting": 1,
        "sysmonwait": 0,
    }
    notes = " ".join(row[3].text for row in table.rows)
    assert "ncpu 8" in notes
    assert "maxmcount 20" in notes


def test_unreadable_scheduler() -> None:
    runtime = factories.runtime(sched={"unreadable": "no layout of runtime.schedt fits"})
    shown = lines(sched_table(runtime))
    assert (shown[2].split()[:3], shown[-1]) == (
        ["Ps", "gomaxprocs", "0"],
        "  ✗ no layout of runtime.schedt fits",
    )
    assert sched_commands(runtime) == []


def test_idle_lists_of_the_scheduler() -> None:
    shown = "\n".join(lines(sched_table(factories.crowd())))
    assert "p43–p62; next p45" in shown
    assert "m46–m59; next m59" in shown
    short = factories.runtime(
        ps=[factories.p(0), factories.p(1)], sched={"pidle": (p_at(1), p_at(0))}
    )
    assert "p1 → p0" in "\n".join(lines(sched_table(short)))
