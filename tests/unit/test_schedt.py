"""The table of runtime.schedt layouts, and when a guessed layout is plausible."""

from __future__ import annotations

import json
import lzma
import struct

import pytest

from gogdb.inferior.layout import Field, Struct
from gogdb.runtime import schedt
from gogdb.runtime.goversion import FIELD_CHANGES, GoVersion, parse
from tests.support.places import SNAPSHOTS

RELEASES = [GoVersion(1, minor) for minor in (19, *range(21, 28))]


def layout_of(release: GoVersion) -> Struct:
    layout = schedt.layout(release)
    assert layout is not None
    return layout


@pytest.mark.parametrize("version", ["go1.19.8", "go1.27.3"])
def test_the_table_agrees_with_the_debug_information(version: str) -> None:
    recorded = json.loads(lzma.decompress((SNAPSHOTS / f"types-{version}.json.xz").read_bytes()))
    expected = recorded["structs"]["runtime.schedt"]
    release = parse(version)
    assert release is not None
    layout = layout_of(release)
    assert layout.size == expected["size"]
    assert layout.fields == {path: Field(*place) for path, *place in expected["fields"]}


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_field_changes_are_those_of_the_table(release: GoVersion) -> None:
    layout = layout_of(release)
    changes = [change for change in FIELD_CHANGES if change.struct == "runtime.schedt"]
    assert changes
    for change in changes:
        assert (layout.find(change.path) is not None) == change.in_release(release), change.path


@pytest.mark.parametrize("release", [None, *(GoVersion(1, minor) for minor in (0, 18, 20, 28))])
def test_a_release_that_is_not_in_the_table(release: GoVersion | None) -> None:
    assert schedt.layout(release) is None


def guessed(release: GoVersion | None) -> list[GoVersion]:
    guesses = schedt.guesses(release)
    assert all(layout is schedt.layout(known) for known, layout in guesses)
    return [known for known, _ in guesses]


def test_guesses_begin_at_the_nearest_release() -> None:
    assert guessed(GoVersion(1, 28)) == RELEASES[::-1]
    assert guessed(None) == RELEASES[::-1]
    assert guessed(GoVersion(1, 20))[:3] == [(1, 21), (1, 19), (1, 22)]


def sched_bytes(layout: Struct, **values: int) -> bytes:
    """Return the bytes of a scheduler with 6 Ms and 2 idle Ps, with some fields replaced."""
    data = bytearray(layout.size)
    healthy = {"maxmcount": 10000, "mnext": 7, "nmfreed": 1, "goidgen": 40, "npidle": 2}
    for path, value in {**healthy, **values}.items():
        place = layout.fields[path]
        struct.pack_into("<" + place.format, data, place.offset, value)
    return bytes(data)


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_a_running_scheduler_is_plausible(release: GoVersion) -> None:
    layout = layout_of(release)
    view = layout.view(sched_bytes(layout, pidle=0xC000012000))
    assert schedt.plausible(view)
    assert schedt.plausible(view, ms=6, idle_ps=2)
    assert schedt.plausible(view, ms=5, idle_ps=3)  # one of each between two lists
    assert not schedt.plausible(view, ms=60)
    assert not schedt.plausible(view, idle_ps=64)


@pytest.mark.parametrize("release", RELEASES, ids=str)
@pytest.mark.parametrize(
    "wrong",
    [{"maxmcount": 9}, {"nmfreed": 8}, {"npidle": 1 << 20}, {"nmidle": -1}, {"runq.head": 3}],
    ids=str,
)
def test_a_wrong_layout_is_not_plausible(release: GoVersion, wrong: dict[str, int]) -> None:
    layout = layout_of(release)
    assert not schedt.plausible(layout.view(sched_bytes(layout, **wrong)))


def test_zeros_before_schedinit_are_plausible() -> None:
    layout = layout_of(GoVersion(1, 27))
    assert schedt.plausible(layout.view(bytes(layout.size)), ms=0, idle_ps=0)
    assert not schedt.plausible(layout.view(sched_bytes(layout, maxmcount=0)))
