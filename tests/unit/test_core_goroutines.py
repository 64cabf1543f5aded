"""Which goroutines become threads of a core, and how they are called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.errors import GogdbError
from gogdb.i18n import LANGUAGES, use_language
from gogdb.render.ansi import render
from gogdb.runtime import core_goroutines
from gogdb.runtime.batch import Batch
from gogdb.runtime.core_goroutines import Sample, thread_base, thread_ids
from gogdb.runtime.goroutine_registers import KnownRegisters
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.view.gcore import Core, CoreFile, document
from tests.support.factories import g

KNOWN = KnownRegisters({"rip": 1})


def shape(function: str, line: int = 1, size: int = 8, user: int | None = 0) -> Shape:
    frame = Frame(function, "f.go", line, 0x1000, 0, size, 0, None, False, False)
    return Shape((frame,), None, user)


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Sample:
    """At most two of each; the registers of goroutine 13 are not known."""

    def known(program: Any, runtime: Any, g: Any) -> KnownRegisters:
        if g.goid == 13:
            raise GogdbError("m1 has no thread")
        return KNOWN

    monkeypatch.setattr(core_goroutines, "known_registers", known)
    names = {0x2000: "runtime.bgsweep"}
    return Sample(None, SimpleNamespace(function_names=names), 2)  # type: ignore[arg-type]


def chosen(sample: Sample, *shapes: Shape, first: int = 1, **fields: Any) -> list[tuple[int, str]]:
    gs = [g(goid, **fields) for goid in range(first, first + len(shapes))]
    batch = TraceBatch(Batch.from_gs(gs), shapes, [0] * len(gs))
    return [(goid, name) for goid, name, _ in sample.chosen(batch)]


def test_equal_stacks_are_limited_over_batches(sample: Sample) -> None:
    """Stacks are equal if their functions and lines are, wherever they lie."""
    works, larger, elsewhere = (
        shape("main.work"),
        shape("main.work", size=16),
        shape("main.work", 2),
    )
    assert chosen(sample, works, works, works, elsewhere) == [
        (1, "g1 main.work"),
        (2, "g2 main.work"),
        (4, "g4 main.work"),
    ]
    assert chosen(sample, larger, elsewhere, elsewhere, first=5) == [(6, "g6 main.work")]
    assert sample.total == 7
    assert not sample.unknown


def test_goroutines_without_registers_take_no_place(sample: Sample) -> None:
    works = shape("main.work")
    found = chosen(sample, *[works] * 4, first=12)
    assert [goid for goid, _ in found] == [12, 14]
    assert sample.unknown == {"m1 has no thread": 1}


def test_a_goroutine_of_the_runtime_has_the_name_of_where_it_started(sample: Sample) -> None:
    parked = shape("runtime.gopark", user=None)
    assert chosen(sample, parked, startpc=0x2000) == [(1, "g1 runtime.bgsweep")]
    assert chosen(sample, parked, first=2) == [(2, "g2 ?")]


def test_thread_ids_are_readable_and_apart() -> None:
    assert thread_base([4194, 32768]) == 1_000_000
    assert thread_base([999_999]) == 1_000_000
    assert thread_base([1_000_000, 5]) == thread_base([4_194_303]) == 10_000_000
    assert thread_base([]) == 1_000_000
    assert thread_ids([1, 7, 100_000], 1_000_000) == [1_000_001, 1_000_007, 1_100_000]


def test_thread_ids_of_large_goids_have_31_bits() -> None:
    large = 5_000_000_007
    ids = thread_ids([7, large, 8, 2**64 - 1, 999_999_999], 10_000_000)
    assert ids == [10_000_007, 10_000_008, 10_000_009, 719_551_615, 1_009_999_999]
    assert max(ids) < 1 << 31


FILE = CoreFile("core.g", 5, 1_000_000, 90 << 20, 3_000_000)
PAGE = """\
160 of 1000 goroutines and 5 threads of the process written to core.g, 2.9 MiB
on disk

  → goroutine N is the thread with LWP 1000000 + N: `thread find 1000001`
  → `gdb --core core.g 'my app'` opens it
  → of goroutines with equal stacks 20 are written: --all writes every one,
    --limit N more of each; --status, --reason and --where choose
  ! 2 left out: m1 has no thread
  ! allm ends early
"""


def page(core: Core) -> str:
    return "".join(f"{line}\n" for line in render(document(core), width=80, color=False))


def test_page() -> None:
    core = Core(FILE, "my app", 160, 1000, 20, {"m1 has no thread": 2}, ["allm ends early"])
    assert page(core) == PAGE


def test_page_of_all_goroutines_says_nothing_of_others() -> None:
    assert "--limit" not in page(Core(FILE, "app", 162, 162, 20, {}, []))
    assert "--limit" not in page(Core(FILE, "app", 160, 162, 20, {"unknown": 2}, []))
    assert "--limit" not in page(Core(FILE, "app", 160, 162, None, {"unknown": 2}, []))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("size", "text"), [(3 << 30, "3.0 GiB"), (5000, "4.9 KiB"), (9, "9 B")])
def test_sizes_in_each_language(lang: str, size: int, text: str) -> None:
    core = Core(FILE._replace(on_disk=size), "app", 1, 1, None, {}, [])
    with use_language(lang):
        assert text in " ".join(page(core).split())
