"""The walk over recorded boots: every stage, every claim, and claims that must fail."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gogdb.boot.changes import compare
from gogdb.boot.record import Claim
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.errors import GogdbError
from gogdb.i18n import LANGUAGES, use_language
from gogdb.render.ansi import render
from gogdb.runtime.program import Program
from gogdb.view.boot import card
from gogdb.view.json.boot import as_json
from gogdb.view.narration import narration
from gogdb.view.summary import summary
from tests.support.normalize import squeezed
from tests.support.replay import Replay
from tests.support.walks import VERSIONS, load, recorded_walk, walk

EXPECTED = Path(__file__).parent / "test_walk_expected.txt"


@pytest.fixture(scope="module", params=VERSIONS)
def walked(request: pytest.FixtureRequest) -> Walk:
    return recorded_walk(request.param)


def claims(walked: Walk) -> list[Claim]:
    return [claim for record in walked.records for claim in record.claims]


def test_every_stage_is_reached_and_every_claim_holds(walked: Walk) -> None:
    assert [record.stage for record in walked.records] == list(STAGES)
    assert [record.stage.id for record in walked.records if record.skipped] == []
    assert len(claims(walked)) == 102
    assert [claim for claim in claims(walked) if not claim.holds] == []
    assert walked.done
    assert walked.next is None


def test_every_record_has_observations_and_a_listing(walked: Walk) -> None:
    for record in walked.records:
        labels = [label for label, _ in record.stage.stops]
        assert [each.label for each in record.observations] == labels
        assert record.listing.code, record.stage.id
        assert record.listing.source, record.stage.id
        assert record.shown.pc in [i.address for i in record.listing.code], record.stage.id


def page(walked: Walk, width: int) -> list[str]:
    docs = []
    before: Record | None = None
    for record in walked.records:
        docs.append(card(record, before, narration("en")))
        before = record
    docs.append(summary(walked.records))
    return [line for doc in docs for line in [*render(doc, width=width, color=False), ""]]


def test_whole_page(check_file: Callable[[Path, str], None]) -> None:
    """One Go and one width; the others have the same words, see `test_page_of_any_go`."""
    lines = page(recorded_walk("1.27.3"), 80)
    check_file(EXPECTED, "\n".join(line.rstrip() for line in lines))


@pytest.mark.parametrize("width", [80, 120])
def test_page_of_any_go(walked: Walk, width: int) -> None:
    lines = page(walked, width)
    assert max(map(len, lines)) <= width
    *cards, end = re.split(r"^(?=━━ )", "\n".join(lines), flags=re.M)[1:]
    assert len(cards) == len(walked.records)
    words = narration("en")
    for record, text in zip(walked.records, cards, strict=True):
        stage = record.stage.id
        title = f"━━ {record.stage.number}/{len(STAGES)} · {stage} ━"
        assert text.startswith(title), stage
        assert squeezed(words.text(record)) in squeezed(text), stage
        for claim in record.claims:
            assert f"✓{squeezed(words.claim(stage, claim))}" in squeezed(text), stage
        for instruction in record.listing.code:
            assert f"  {instruction.address:#x}  " in text, stage
        assert f"{record.shown.sp:#x}" in text, stage
    assert " claims checked: every claim held" in end


@pytest.mark.parametrize("language", LANGUAGES)
def test_summary_fits_a_screen_of_24_lines(walked: Walk, language: str) -> None:
    with use_language(language):
        lines = list(render(summary(walked.records), width=80, color=False))
    assert len(lines) <= 22  # and the line of the command and the next prompt


def test_summary_in_json(walked: Walk) -> None:
    answer = as_json(walked.records, "go1.x", "/boot", narration("en"))
    assert answer["summary"] == {
        "stages": len(STAGES),
        "seen": len(STAGES),
        "skipped": [],
        "claims": len(claims(walked)),
        "failed": 0,
        "complete": True,
        "ended": None,
    }


def stop_of(replay: Replay, stage: str, label: str) -> int:
    """Return the number of a recorded stop; they are in the order of the stages."""
    stops = [(s.id, name) for s in STAGES for name, _ in s.stops]
    return stops.index((stage, label))


def word(value: int) -> bytes:
    return value.to_bytes(8, "little")


def offset(replay: Replay, struct: str, path: str) -> int:
    layout = replay.layouts.struct(f"runtime.{struct}")
    assert layout is not None
    return layout.offset(path)


def address_of(replay: Replay, name: str) -> int:
    symbol = replay.symbols.find(name)
    assert symbol is not None
    return symbol.address


Place = Callable[[Replay, Walk], int]


def field_of(variable: str, struct: str, path: str) -> Place:
    return lambda replay, walked: address_of(replay, variable) + offset(replay, struct, path)


def g1_field(path: str) -> Place:
    return lambda replay, walked: walked.records[-1].last.g1.address + offset(replay, "g", path)


def sp_at(stage: str, label: str, plus: int = 0) -> Place:
    def place(replay: Replay, walked: Walk) -> int:
        record = next(r for r in walked.records if r.stage.id == stage)
        return record.at(label).sp + plus

    return place


def p0_field(path: str) -> Place:
    return lambda replay, walked: (
        walked.records[-1].last.runtime.ps[0].address + offset(replay, "p", path)
    )


# (stage, label of the stop, address, new bytes, claims that must fail)
WRONG = [
    ("entry", "at", sp_at("entry", "at"), word(7), {"argc"}),
    ("entry", "at", field_of("runtime.g0", "g", "goid"), word(1), {"no-g"}),
    ("rt0-go", "at", field_of("runtime.g0", "g", "goid"), word(1), {"g0"}),
    ("rt0-go", "at", field_of("runtime.m0", "m", "id"), word(1), {"m0"}),
    ("g0-stack", "at", field_of("runtime.g0", "g", "stack.lo"), word(0x7FFF0000), {"lo", "guards"}),
    ("g0-stack", "at", field_of("runtime.g0", "g", "stackguard0"), word(8), {"guards"}),
    ("tls-check", "at", field_of("runtime.m0", "m", "tls"), word(0x124), {"magic"}),
    ("tls-g0", "at", field_of("runtime.m0", "m", "tls"), word(0), {"slot", "current"}),
    ("m0-g0", "at", field_of("runtime.m0", "m", "g0"), word(0), {"m0.g0"}),
    ("m0-g0", "at", field_of("runtime.g0", "g", "m"), word(8), {"g0.m"}),
    ("mcommoninit", "at", field_of("runtime.sched", "schedt", "mnext"), word(2), {"mnext"}),
    (
        "mcommoninit",
        "at",
        field_of("runtime.sched", "schedt", "maxmcount"),
        word(9999),
        {"maxmcount"},
    ),
    ("procresize", "at", field_of("runtime.m0", "m", "p"), word(0), {"binding"}),
    ("procresize", "at", field_of("runtime.sched", "schedt", "pidle"), word(0), {"pidle"}),
    ("newproc", "at", sp_at("newproc", "at"), word(0), {"argument"}),
    ("malg", "dead", g1_field("atomicstatus"), b"\2\0\0\0", {"dead"}),
    ("malg", "malg", g1_field("stack.hi"), word(0x1000), {"stack"}),
    ("gostartcall", "before", g1_field("sched.pc"), word(0), {"pc-before"}),
    ("gostartcall", "after", g1_field("sched.sp"), word(0), {"sp", "forged"}),
    ("gostartcall", "after", g1_field("sched.bp"), word(1), {"bp"}),
    ("runnable", "returned", g1_field("goid"), word(2), {"goid"}),
    ("runnable", "at", g1_field("atomicstatus"), b"\4\0\0\0", {"status"}),
    ("runqput", "at", p0_field("runqtail"), b"\1\0\0\0", {"queues"}),
    ("gogo-jmp", "at", g1_field("sched.pc"), word(1), {"kept"}),
    ("runnable", "returned", g1_field("gopc"), word(0), {"gopc"}),
    ("runqput", "at", p0_field("runnext"), word(0), {"runnext"}),
    ("mstart", "mstart1", field_of("runtime.g0", "g", "stackguard1"), word(0), {"guards"}),
    ("save", "at", field_of("runtime.g0", "g", "sched.pc"), word(1), {"pc", "return"}),
    ("save", "at", field_of("runtime.g0", "g", "sched.g"), word(0), {"g"}),
    ("schedule", "at", field_of("runtime.m0", "m", "procid"), word(1), {"procid"}),
    ("schedule", "at", field_of("runtime.m0", "m", "mstartfn"), word(1), {"mstartfn"}),
    ("schedule", "at", field_of("runtime.m0", "m", "locks"), b"\1\0\0\0", {"locks"}),
    ("schedule", "at", p0_field("runnext"), word(0), {"queue"}),
    ("findrunnable", "at", g1_field("atomicstatus"), b"\2\0\0\0", {"status"}),
    ("execute", "at", field_of("runtime.m0", "m", "curg"), word(0), {"curg"}),
    ("execute", "at", g1_field("stackguard0"), word(0), {"guard"}),
    ("gogo", "at", sp_at("gogo", "at", 8), word(0), {"argument"}),
    ("gogo-sp", "after", sp_at("gogo-sp", "after"), word(0), {"forged"}),
    ("gogo-jmp", "at", g1_field("sched.ctxt"), word(1), {"cleared"}),
    ("runtime-main", "at", sp_at("runtime-main", "at"), word(0), {"forged"}),
    ("add", "returned", sp_at("add", "at", 24), word(43), {"sum"}),
]


@pytest.mark.parametrize(
    ("stage", "label", "place", "data", "failing"),
    WRONG,
    ids=[f"{stage}-{'-'.join(sorted(claims))}" for stage, _, _, _, claims in WRONG],
)
def test_one_changed_word_fails_a_claim(
    stage: str, label: str, place: Place, data: bytes, failing: set[str], truth: Walk
) -> None:
    replay = load("1.27.3")
    replay.change(stop_of(replay, stage, label), place(replay, truth), data)
    record = walk(replay, last=stage).records[-1]
    failed = {claim.id for claim in record.claims if not claim.holds}
    assert failing <= failed
    lines = list(render(card(record, None, narration("en")), width=80, color=False))
    assert any("✗" in line for line in lines)


@pytest.fixture(scope="module")
def truth() -> Walk:
    return recorded_walk("1.27.3")


def test_walk_goes_on_after_an_interruption() -> None:
    replay = load("1.27.3")
    program = Program(replay)
    walked = Walk(replay, lambda: program)
    walked.start()
    records = walked.run(STAGES[-1])
    seen = [next(records).stage.id for _ in range(5)]
    records.close()
    assert seen == ["entry", "rt0-go", "g0-stack", "settls", "tls-check"]
    assert not replay.armed
    assert [record.stage.id for record in walked.run(STAGES[6])] == ["tls-g0", "m0-g0"]


def test_a_program_that_ends_midway() -> None:
    replay = load("1.27.3")
    replay.end_after(12)
    program = Program(replay)
    walked = Walk(replay, lambda: program)
    walked.start()
    with pytest.raises(GogdbError) as error:
        list(walked.run(STAGES[-1]))
    assert str(error.value) == (
        "the program exited with code 0 before stage 12, procresize: "
        "what was seen stays: `go-boot show STAGE`; `go-boot` starts anew"
    )
    assert walked.done
    assert len(walked.records) == 11
    assert not replay.armed


def test_changes_of_a_stage(truth: Walk) -> None:
    by_id = {record.stage.id: record for record in truth.records}
    assert [c.what for c in by_id["m0-g0"].changes] == ["g0.m", "m0.g0"]
    changes = compare(by_id["runqput"].last, by_id["findrunnable"].last)
    runnext = next(change for change in changes if change.what == "p0.runnext")
    assert (runnext.before, runnext.after) == ("g1", "")
