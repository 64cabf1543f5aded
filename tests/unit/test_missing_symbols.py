"""Commands on programs that lack one symbol or one layout: what is lost is said, the rest works."""

from __future__ import annotations

from collections import Counter

import pytest

from gogdb.render.ansi import render
from gogdb.render.json import dump
from gogdb.runtime.address_info import AddressClassifier
from gogdb.runtime.clock import read_clock
from gogdb.runtime.filters import kinds_of
from gogdb.runtime.gobuf import examine
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.symbols import ESSENTIAL, RUNTIME_SYMBOLS, Kind
from gogdb.view.g_table import GRows
from gogdb.view.gmp import document
from gogdb.view.json import gmp as gmp_json
from gogdb.view.json.runtime import runtime_json
from tests.support.programs import recorded_program

SECTIONS = ("sched", "p", "m", "g")
LAYOUTS = ("runtime.m", "runtime.p", "runtime.schedt", "runtime.mspan", "runtime.moduledata")
# go-gmp does not use these, or not for this program
WITHOUT_NOTE = {
    "runtime.buildVersion",
    "runtime.allgs",
    "runtime.types",
    "runtime.etypes",
    "runtime.argc",
    "runtime.argv",
    "runtime.mainPC",
    "runtime.mainStarted",
    "runtime.isarchive",
    "runtime.islibrary",
    "runtime.isIdleInSynctest",
    "runtime.sigtable",
    "runtime.mspan",
    "_cgo_init",
}
VARIABLES = [
    symbol.name
    for symbol in RUNTIME_SYMBOLS
    if symbol.kind is Kind.VARIABLE and symbol.name not in ESSENTIAL
]


def page(runtime: Runtime) -> str:
    """Return the text of go-gmp's page, without line breaks and indentation."""
    totals = Counter(kind for batch in runtime.gs.batches() for kind in kinds_of(batch))
    doc = document(runtime, SECTIONS, GRows(runtime), totals)
    lines = render(doc, width=200, color=False, ascii=False)
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize("name", [*VARIABLES, *LAYOUTS])
def test_gmp_shows_what_it_can(name: str) -> None:
    program = recorded_program(reported="go1.28.1", lacking={name})
    runtime = program.read(unwinds=True)
    text = page(runtime)
    assert name in text or name in WITHOUT_NOTE
    for note in (*runtime.notes, runtime.sched.unreadable):
        assert note in text
    written: list[str] = []
    dump([gmp_json.sched(runtime), gmp_json.ps(runtime), gmp_json.ms(runtime)], written.append)
    assert written
    assert (read_clock(program, runtime).now or 1) > 0
    assert {name} & layouts_in_json(program) <= {"runtime.schedt"}


def layouts_in_json(program: Program) -> set[str]:
    layouts = runtime_json(program, [])["layouts"]
    assert isinstance(layouts, dict)
    return set(layouts)


@pytest.mark.parametrize("name", ["runtime.sched", "runtime.allp", "runtime.allm"])
def test_a_lost_part_is_named_on_the_page(name: str) -> None:
    runtime = recorded_program(lacking={name}).read()
    assert f"this program lacks {name}: go-gmp " in page(runtime)


@pytest.mark.parametrize("name", [*LAYOUTS, "runtime.sched", "runtime.allp", "runtime.allm"])
def test_gobuf_needs_no_other_struct(name: str) -> None:
    program = recorded_program(reported="go1.20.8", lacking={name})
    runtime = program.read()
    g = next(runtime.gs.with_goid(1))
    if name == "runtime.schedt":
        # as where no layout of another release is plausible
        program.reader.guessed_schedt = None
        runtime = runtime._replace(sched=runtime.sched._replace(unreadable="no layout fits"))
    classifier = AddressClassifier(program, runtime)
    examined = examine(program, runtime, g, classifier)
    assert examined.meanings["g"].expression == "&g1"
    assert classifier.classify(g.stack_hi - 8).name == "g1"
