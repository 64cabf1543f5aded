"""go-gmp, go-gobuf and go-stacks: live, attached and in a core, compared with Go's traceback."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.parked import attach, frames_of, parked_process, stacks, traceback_frames
from tests.support.process import traceback_of
from tests.support.session import Open, Session

WAITING = {
    "main.receives": "chan receive",
    "main.sends": "chan send",
    "main.selects": "select",
    "main.locks": "sync.Mutex.Lock",
    "main.waits": "sync.WaitGroup.Wait",
    "main.sleeps": "sleep",
    "main.deep": "chan receive",
}


def test_agrees_with_the_traceback(parked: subprocess.Popen[str], open_gdb: Open) -> None:
    """The goids, wait reasons, functions, files, lines, sps and pcs are those of the traceback."""
    session = open_gdb(Path(f"/proc/{parked.pid}/exe").resolve())
    attach(session, parked)
    ours = stacks(session)
    listed = {g["goid"]: g for g in json.loads(session.run("go-gmp g --json"))["gs"]}
    session.run("detach")
    theirs = traceback_frames(traceback_of(parked))
    assert set(ours) == set(theirs) == set(listed)
    for goid, (reason, frames) in theirs.items():
        assert frames_of(ours[goid]) == frames
        waits = reason if goid != 1 else None  # goroutine 1 is in a system call
        assert ours[goid]["waitreason"] == listed[goid]["waitreason"] == waits
        assert ours[goid]["ended"] is None
    assert sum(any(frame[0].startswith("main.") for frame in f) for _, f in theirs.values()) == 8


def test_where_takes_every_spelling(open_gdb: Open, compiled: Compile) -> None:
    """A function is found by its name in Go's traceback, in the source and on gogdb's page."""
    program = compiled("escaped", *DEBUG)
    with parked_process(program) as killed:
        tracebacks = traceback_frames(traceback_of(killed))
    in_each = [{name for name, *_ in frames} for _, frames in tracebacks.values()]
    # g1 may still be printing.
    (theirs,) = (names for names in in_each if any("/v2%2ethings." in name for name in names))
    escaped = {name for name in theirs if "/v2%2ethings." in name}
    assert len(escaped) == 4
    assert sum("[...]" in name for name in escaped) == 3
    source = {name.replace("%2e", ".") for name in escaped}
    with parked_process(program) as alive, open_gdb(program) as session:
        attach(session, alive)
        ours = {f["function"] for g in stacks(session).values() for f in g["frames"]}
        missed = {name for name in ours | theirs | source if not goids(session, name)}
        assert missed == set()
        (goid,) = goids(session, "v2.things.Work")
        assert all(goids(session, name) == [goid] for name in escaped | source)


def goids(session: Session, where: str) -> list[int]:
    """Return the goroutines that --where finds."""
    answer = json.loads(session.run(f"go-gmp g --json --where '{where}'"))
    return [g["goid"] for g in answer["gs"]]


def without_clock(answer: str) -> str:
    """Return JSON without its clock; in a core it is the runtime's latest note of the time."""
    return re.sub(r'"clock": \{.*?\},\n', "", answer)


def _is_main(frame: dict[str, Any]) -> bool:
    return str(frame["function"]).startswith("main.")


def check_parked(session: Session) -> None:
    """Check the wait reason and the frames of every parked goroutine, in a process or a core."""
    gs = stacks(session)
    seen = {}
    for g in gs.values():
        functions = [f["function"] for f in g["frames"] if _is_main(f)]
        if functions and g["goid"] != 1:
            seen[functions[0]] = g["waitreason"]
            assert g["stack"]["used"] > 0
            assert g["ended"] is None
    if seen["main.waits"] == "semacquire":  # it has a reason of its own since go1.24
        seen["main.waits"] = WAITING["main.waits"]
    assert seen == WAITING
    deep = next(g for g in gs.values() if any(f["function"] == "main.deep" for f in g["frames"]))
    assert [f["function"] for f in deep["frames"]].count("main.deep") == 11
    output = session.run("go-gmp g --reason select --where main.selects")
    assert re.search(r"^ +g\d+ +waiting +select +", output, re.M), output


def test_attached_and_core(parked: subprocess.Popen[str], open_gdb: Open, tmp_path: Path) -> None:
    program = Path(f"/proc/{parked.pid}/exe").resolve()
    session = open_gdb(program)
    attach(session, parked)
    check_parked(session)
    live = session.run("go-gmp --json")
    pages = session.run("go-stacks --all")
    session.run(f"generate-core-file {tmp_path}/core")
    session.run("detach")
    assert parked.poll() is None
    core = open_gdb(program)
    core.run(f"core-file {tmp_path}/core")
    # GDB 18 may warn about a thread's registers (.reg-xstate) on the first read
    core.run("thread apply all print $rip")
    check_parked(core)
    assert without_clock(core.run("go-gmp --json")) == without_clock(live)
    assert core.run("go-stacks --all") == pages


@pytest.fixture
def at_main(booting: Session) -> Session:
    """A program at the line where main calls add."""
    booting.run("break main.go:13")
    booting.run("run")
    return booting


def test_parts_of_the_answer(at_main: Session) -> None:
    whole = json.loads(at_main.run("go-gmp --json"))
    parts = ["clock", "sched", "ps", "ms", "threads_without_m", "gs"]
    assert list(whole) == ["go_version", *parts, "problems", "notes", "interrupted"]
    assert whole["problems"] == []
    with_m = {m["thread"]["number"] for m in whole["ms"] if m["thread"]}
    # a thread may be on its way to minit
    assert with_m.isdisjoint(thread["number"] for thread in whole["threads_without_m"])
    for part, key in (("sched", "sched"), ("p", "ps"), ("m", "ms"), ("g", "gs")):
        answer = list(json.loads(at_main.run(f"go-gmp {part} --json")))
        assert [name for name in answer if name not in ("clock", "threads_without_m")] == [
            "go_version",
            key,
            "problems",
            "notes",
            "interrupted",
        ]
    pages = {part: at_main.run(f"go-gmp {part} --system") for part in ("sched", "p", "m", "g")}
    assert "gomaxprocs" in pages["sched"]
    assert len(re.findall(r"^ +p\d+ ", pages["p"], re.M)) == len(whole["ps"]) == 2
    assert len(re.findall(r"^ +m\d+ ", pages["m"], re.M)) == len(whole["ms"])
    assert len(re.findall(r"^ +g\d+ ", pages["g"], re.M)) == len(whole["gs"])
    everything = at_main.run("go-gmp")
    for part in ("scheduler · go1.", "Ps", "Ms", "M ─ P ─ G", "Gs"):
        assert part in everything
    assert max(map(len, everything.split("\n"))) <= 80


def test_binding_agrees_with_gdbs_threads(at_main: Session) -> None:
    """M, P and G name each other, and GDB's threads agree."""
    answer = json.loads(at_main.run("go-gmp --json"))
    g1 = next(g for g in answer["gs"] if g["goid"] == 1)
    m = next(m for m in answer["ms"] if m["id"] == g1["m"])
    p = next(p for p in answer["ps"] if p["id"] == m["p"])
    assert (g1["status"], m["curg"], p["m"], p["status"]) == ("running", 1, m["id"], "running")
    assert m["procid"] == int(at_main.value("gdb.selected_thread().ptid[1]"))
    assert g1["where"]["function"] == "main.main"
    assert (g1["where"]["line"], g1["start"]) == (13, "runtime.main")


def test_filters(at_main: Session) -> None:
    gs = json.loads(at_main.run("go-gmp g --json"))["gs"]
    waiting = json.loads(at_main.run("go-gmp g --json --status waiting"))["gs"]
    assert [g for g in gs if g["status"] == "waiting"] == waiting
    assert 0 < len(waiting) < len(gs)
    one = json.loads(at_main.run("go-gmp g --json --limit 1"))["gs"]
    assert one == gs[:1]
    here = json.loads(at_main.run("go-gmp g --json --where main.main"))["gs"]
    assert [g["goid"] for g in here] == [1]
    reason = waiting[0]["waitreason"]
    same = json.loads(at_main.run(f'go-gmp g --json --reason "{reason[2:]}"'))["gs"]
    assert same == [g for g in gs if reason[2:] in (g["waitreason"] or "")]
    output = at_main.run("go-gmp g --system --limit 1")
    assert f"{len(gs) - 1} more: --limit {len(gs)} shows them all" in output
    hint = "--status dead shows dead ones"
    for command in ("go-gmp g --status dead --where main", "go-stacks --status copystack"):
        output_of_none = at_main.run(command)
        assert re.search(r"none matches: allgs has \d+\n", output_of_none)
        assert hint not in output_of_none
    at_main.quietly("set gogdb limit 1")
    assert at_main.run("go-gmp g --system") == output


def test_stack_of_main(at_main: Session) -> None:
    """The bounds and frames agree with GDB's own frames."""
    (g,) = json.loads(at_main.run("go-stacks 1 --json"))["goroutines"]
    rsp = int(at_main.value("int(gdb.newest_frame().read_register('rsp'))")) % 2**64
    lo, hi = int(g["stack"]["lo"], 16), int(g["stack"]["hi"], 16)
    assert lo < rsp < hi
    assert g["stack"]["size"] == hi - lo
    assert g["stack"]["used"] == hi - rsp
    first, second = g["frames"][:2]
    assert (first["function"], first["line"], int(first["sp"], 16)) == ("main.main", 13, rsp)
    assert second["function"] == "runtime.main"
    # GDB's own backtrace ends at main: the word above the saved rbp is its return address
    at = "int(gdb.newest_frame().read_register('rbp')) + 8"
    word = f"gdb.selected_inferior().read_memory({at}, 8).tobytes()"
    assert second["pc"] == at_main.value(f"hex(int.from_bytes({word}, 'little'))")
    assert g["ended"] is None
    shown = at_main.run("go-stacks 1")
    assert f"{hi - rsp} of {hi - lo} bytes used" in shown
    assert at_main.run("go-stacks") == shown  # the current goroutine


def test_every_stack_ends_at_goexit(at_main: Session) -> None:
    everyone = stacks(at_main)
    assert 1 in everyone
    assert len(everyone) >= 4  # with those of the collector
    for g in everyone.values():
        assert g["frames"], g
        assert g["ended"] is None, g
        assert g["frames"][-1]["function"] == "runtime.goexit"
    one = json.loads(at_main.run("go-stacks --all --json --frames 1"))["goroutines"]
    assert all(len(g["frames"]) == 1 for g in one)
    assert stacks(at_main, "--frames 0") == everyone


def test_gobufs(at_main: Session) -> None:
    answer = json.loads(at_main.run("go-gobuf g0 1 --json"))["gobufs"]
    assert len(answer) == 2
    output = at_main.run("go-gobuf g0 1")
    for word in ("gobuf of g0", "gobuf of g1", "rsp", "rip"):
        assert word in output
    saved = int(at_main.value("int(gdb.lookup_global_symbol('runtime.g0').value()['sched']['sp'])"))
    assert int(answer[0]["sp"], 16) == saved
    assert output.count("gobuf of") == 2
