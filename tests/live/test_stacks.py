"""go-stacks: the rbp chain and every word, compared with memory and with GDB's frames."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Go
from tests.support.builds import DEBUG, Compile
from tests.support.normalize import normalize
from tests.support.places import PROGRAMS
from tests.support.session import ONLY_THREAD, Open, Session

OPTIMISED = ()
BUILDS = pytest.mark.parametrize("flags", [DEBUG, OPTIMISED], ids=["debug", "optimised"])


def marker(source: Path, name: str) -> int:
    """Return the line of a `// marker: …` comment."""
    lines = source.read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.endswith(f"// marker: {name}"))


def run_to(session: Session, name: str, source: Path = PROGRAMS / "frames/main.go") -> None:
    session.run(f"break {source.name}:{marker(source, name)}")
    output = session.run("run")
    assert "Breakpoint 1," in output, output


@pytest.fixture
def at_look(open_gdb: Open, compiled: Compile) -> Callable[..., Session]:
    """Start the program `frames`, and stop it at its marker `look`."""

    def at_look(flags: Sequence[str], width: int = 80) -> Session:
        session = open_gdb(compiled("frames", *flags), width=width)
        run_to(session, "look")
        return session

    return at_look


def goroutine(session: Session, reason: str | None) -> str:
    """Return the goid of main.parks, which receives, or of main.begins, which has not run."""
    gs = json.loads(session.run("go-gmp g --json"))["gs"]
    (g,) = [g for g in gs if g["creator"] == "main.main" and g["waitreason"] == reason]
    return str(g["goid"])


def dumped(session: Session, goid: str) -> dict[str, Any]:
    (g,) = json.loads(session.run(f"go-stacks {goid} --memory --json"))["goroutines"]
    return dict(g)


@BUILDS
def test_words_are_those_in_memory(at_look: Callable[..., Session], flags: Sequence[str]) -> None:
    session = at_look(flags)
    for goid in ("1", goroutine(session, "chan receive"), goroutine(session, None), "m0.g0"):
        g = dumped(session, goid)
        words = g["memory"]
        first, hi = int(g["frames"][0]["sp"], 16), int(g["stack"]["hi"], 16)
        addresses = [int(word["address"], 16) for word in words]
        assert addresses == list(range(hi - 8, first - 8, -8))
        read = f"gdb.selected_inferior().read_memory({first}, {hi - first}).tobytes().hex()"
        data = bytes.fromhex(session.value(read))
        values = [f"{int.from_bytes(data[a - first :][:8], 'little'):#x}" for a in addresses]
        assert [word["value"] for word in words] == values
        # each frame's saved rbp and return address are where the frame says
        kinds = {word["address"]: (word["kind"], word["frame"]) for word in words}
        for number, frame in enumerate(g["frames"][:-1]):
            if not frame["inlined"] and frame["bp"] is not None:
                assert kinds[frame["bp"]] == ("rbp", number)
                assert kinds[f"{int(frame['bp'], 16) + 8:#x}"][0] in ("return", "goexit")


@BUILDS
def test_variables_are_where_gdb_has_them(
    go: Go, at_look: Callable[..., Session], flags: Sequence[str]
) -> None:
    """After a few more instructions GDB itself can find the goroutine's frames."""
    session = at_look(flags)
    goid = goroutine(session, "chan receive")
    before = dumped(session, goid)
    session.run("delete 1")
    session.run(f"break main.go:{marker(PROGRAMS / 'frames/main.go', 'answered')}")
    assert "main.inner" in session.run("continue")
    after = dumped(session, goid)
    assert after["stack"]["lo"] == before["stack"]["lo"]
    session.run("frame function main.outer")
    theirs = json.loads(
        session.value(
            "__import__('json').dumps({s.name: (int(v.address), v.type.sizeof)"
            " for b in [gdb.selected_frame().block()] for s in b"
            " for v in [s.value(gdb.selected_frame())]"
            " if v.address is not None and not v.is_optimized_out})"
        )
    )
    if flags == DEBUG:
        assert set(theirs) >= {"here", "far", "form", "row", "from", "name", "answer"}
    elif not go.version.startswith("1.21."):  # whose debug information lacks it
        assert "row" in theirs
    for words in (before["memory"], after["memory"]):
        names = {int(word["address"], 16): word["meaning"] or "" for word in words}
        for name, (address, size) in theirs.items():
            for at in range(address, address + size, 8):
                answer = re.split(r"[ ,.\[]", names[at])[0]
                assert answer == name, names[at]


# The words of outer, inner and wait, in any release of Go and in any order
DEBUG_WORDS = {
    "main.parks": {
        "return to runtime.goexit+N, the end",
        "saved rbp: 0, the chain ends",
        "name.len of main.outer = 6",
        'name.str of main.outer → "gopher"',
    },
    "main.outer": {
        "return to main.parks+N  main.go:N",
        "saved rbp → #6's saved rbp",
        "far",
        "form.data → frame #5",
        "form.tab",
        "from → main.table+8",
        "answer",
        "here.x = 3",
        "here.y = -4",
        "row[19] = 1",
        *(f"row[{n}] = 0" for n in range(19)),
        "~r0 = 0",
        "small of main.inner = -7",
        "name.len of main.inner = 6",
        'name.str of main.inner → "gopher"',
        "where of main.inner → here.x of #5",
    },
    "main.inner": {
        "return to main.outer+N  main.go:N",
        "saved rbp → #5's saved rbp",
        "answer",
        "before = 9",
        "~r0 = 0",
        "ch of main.wait → heap",
    },
    "main.wait": {
        "return to main.inner+N  main.go:N",
        "saved rbp → #4's saved rbp",
        "~r0 = 0",
        "args of chanrecv1",
    },
}
OPTIMISED_WORDS = {
    "main.parks": {
        "return to runtime.goexit+N, the end",
        "saved rbp: 0, the chain ends",
    },
    "main.outer": {
        "return to main.parks+N  main.go:N",
        "saved rbp → #6's saved rbp",
    },
    "main.inner": {
        "return to main.outer+N  main.go:N",
        "saved rbp → #5's saved rbp",
    },
}


def words_of_main(g: dict[str, Any]) -> dict[str, set[str]]:
    """Return the meanings of the words in frames of main, without parts that depend on the release.

    far is not used any more: the runtime leaves it as it is when it moves the stack. answer has
    no value yet, and nobody has cleared its place.
    """
    answer: dict[str, set[str]] = {}
    for word in g["memory"]:
        function = "" if word["frame"] is None else g["frames"][word["frame"]]["function"]
        if function.startswith("main.") and word["kind"] != "local":
            meaning = re.sub(r"^(return to \S+?)\+\d+", r"\1+N", word["meaning"])
            meaning = re.sub(r"main\.go:\d+", "main.go:N", meaning)
            meaning = re.sub(r"^(far|form\.tab|args of \S+|answer)( →| =).*", r"\1", meaning)
            answer.setdefault(function, set()).add(re.sub(r"heap, .*", "heap", meaning))
    return answer


def test_words_of_a_debug_build(at_look: Callable[..., Session]) -> None:
    session = at_look(DEBUG)
    assert words_of_main(dumped(session, goroutine(session, "chan receive"))) == DEBUG_WORDS


def test_words_of_an_optimised_build(at_look: Callable[..., Session]) -> None:
    """wait is inlined and variables are in registers; the other words have names."""
    session = at_look(OPTIMISED)
    g = dumped(session, goroutine(session, "chan receive"))
    answer = words_of_main(g)
    assert set(answer) == set(OPTIMISED_WORDS)
    for function, words in OPTIMISED_WORDS.items():
        assert answer[function] >= words
    assert [f["function"] for f in g["frames"] if f["inlined"]] == ["main.wait"]


FP_WALK = """
import struct
frame = gdb.newest_frame()
found, rbp = [frame.pc()], int(frame.read_register("rbp"))
while rbp:
    rbp, pc = struct.unpack("<QQ", gdb.selected_inferior().read_memory(rbp, 16))
    found.append(pc)
names = [gdb.execute(f"info symbol {pc:#x}", to_string=True) for pc in found]
print(*(name.split()[0].replace(".abi0", "") for name in names))
"""


def walk_along_rbp(session: Session) -> list[str]:
    """Return the functions that a walk along rbp finds, by GDB alone."""
    return session.run(f"python exec({FP_WALK!r})").split()


def page_frames(session: Session) -> tuple[list[str], list[str]]:
    """Return the functions on the page, and those that it marks as found along rbp."""
    output = session.run("go-stacks")
    rows = re.findall(r"^ +\d+  (\S+) +\S+ +\d+  (✓|left out)", output, re.M)
    return [name for name, _ in rows], [name for name, mark in rows if mark == "✓"]


def test_a_walk_along_rbp_at_every_instruction(open_gdb: Open, compiled: Compile) -> None:
    """From the entry of main.inner to its first call the page agrees with memory."""
    session = open_gdb(compiled("frames"))
    session.run("break *'main.inner'")
    assert "Breakpoint 1," in session.run("run")
    session.quietly(ONLY_THREAD)
    # sysmon may have asked it to give way, and the prologue would obey
    session.quietly("set var $go_curg().stackguard0 = $go_curg().stack.lo + 928")  # stackGuard
    session.quietly("set print demangle off")  # or GDB demangles main.inner
    seen = set()
    for _ in range(60):
        frames, shown = page_frames(session)
        if frames[0] != "main.inner":
            break
        assert frames[-4:] == ["main.inner", "main.outer", "main.parks", "runtime.goexit"]
        assert walk_along_rbp(session) == shown
        seen.add(tuple(shown))
        session.run("stepi")
    assert seen == {
        ("main.inner", "main.parks", "runtime.goexit"),
        ("main.inner", "main.outer", "main.parks", "runtime.goexit"),
    }


@pytest.mark.parametrize("place", ["runtime.args", "runtime.osinit", "runtime.schedinit"])
def test_g0_before_m0_is_on_allm(booting: Session, place: str) -> None:
    """mcommoninit, which schedinit calls, links m0; until then its only thread runs on g0."""
    booting.run(f"tbreak {place}")
    booting.run("run")
    (g,) = json.loads(booting.run("go-stacks --json"))["goroutines"]
    assert g["name"] == "g0"
    functions = dict.fromkeys(frame["function"] for frame in g["frames"])  # once each: a wrapper
    assert [*functions] == [place, "runtime.rt0_go"]
    assert booting.run("output/x $sp") == g["frames"][0]["sp"]
    (gobuf,) = json.loads(booting.run("go-gobuf g0 --json"))["gobufs"]
    assert gobuf["registers"]["rsp"] == g["frames"][0]["sp"]


def test_rbp_as_scratch(open_gdb: Open, build: Callable[..., Path]) -> None:
    """clobber keeps a number in rbp, so a walk along rbp finds no caller."""
    session = open_gdb(build("bpclobber"))
    run_to(session, "bp clobbered", paths.fixtures() / "bpclobber/clobber_amd64.s")
    output = session.run("go-stacks")
    assert page_frames(session) == (
        ["main.clobber", "main.caller", "main.main", "runtime.main", "runtime.goexit"],
        ["main.clobber"],
    )
    (g,) = json.loads(session.run("go-stacks --json"))["goroutines"]
    assert g["rbp_walk"] == {
        "source": "rbp",
        "start": "0xbadf00d",
        "shown": [0],
        "left_out": [1, 2, 3, 4],
        "lost_at": 0,
        "why": "scratch",
    }
    (g,) = json.loads(session.run("go-stacks --where main.clobber --json"))["goroutines"]
    assert "rbp_walk" not in g
    assert re.sub(r"\s+", " ", output.partition("  ! ")[2]).strip() == (
        "a walk along rbp shows #0 main.clobber and no caller: rbp is 0xbadf00d, which marks no "
        "frame; left out: #1 main.caller and 3 more"
    )


def test_goroutine_that_has_not_run(at_look: Callable[..., Session]) -> None:
    session = at_look(OPTIMISED)
    g = dumped(session, goroutine(session, None))
    assert [frame["function"] for frame in g["frames"]][1:] == ["runtime.goexit"]
    *above, forged = g["memory"]
    assert {word["kind"] for word in above} == {"above"}
    assert forged == {
        "address": g["frames"][0]["sp"],
        "value": g["frames"][1]["pc"],
        "kind": "goexit",
        "meaning": "return to runtime.goexit+1, the end",
        "frame": 0,
        "marks": ["sched.sp"],
    }
    assert "left out" not in session.run(f"go-stacks {g['goid']} --memory")


def test_limit_of_words(at_look: Callable[..., Session]) -> None:
    session = at_look(DEBUG)
    goid = goroutine(session, "chan receive")
    whole = dumped(session, goid)["memory"]
    (g,) = json.loads(session.run(f"go-stacks {goid} --memory --words 9 --json"))["goroutines"]
    assert [(w["address"], w["value"], w["kind"]) for w in g["memory"]] == [
        (w["address"], w["value"], w["kind"]) for w in whole[-9:]
    ]
    output = session.run(f"go-stacks {goid} --memory --words 9")
    assert f"{len(whole) - 9} words more: --words {len(whole)} shows the whole stack" in output
    (g,) = json.loads(session.run(f"go-stacks {goid} --memory --words 0 --json"))["goroutines"]
    assert g["memory"] == whole


def test_no_side_effects(at_look: Callable[..., Session]) -> None:
    session = at_look(DEBUG)
    goid = goroutine(session, "chan receive")
    session.run("frame 1")
    state = [session.run(c) for c in ("frame", "info breakpoints", "show language")]
    session.run(f"go-stacks {goid} 1 --memory")
    assert [session.run(c) for c in ("frame", "info breakpoints", "show language")] == state


def test_memory_in_a_core_is_the_same(
    at_look: Callable[..., Session], open_gdb: Open, tmp_path: Path
) -> None:
    session = at_look(DEBUG)
    goid = goroutine(session, "chan receive")
    answer = session.run(f"go-stacks {goid} 1 --memory")
    session.run(f"generate-core-file {tmp_path}/core")
    core = open_gdb(Path(session.value("gdb.current_progspace().filename")))
    core.run(f"core-file {tmp_path}/core")
    assert core.run(f"go-stacks {goid} 1 --memory") == answer


PAGE = """\
goroutine N  runnable
  lo A1 │▒▒▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░░░░░░░░░░░█│ A2 hi
  40 of 2048 bytes used, 2008 free, 1080 to the guard at lo+0x3a0

  #  function  at  frame  rbp walk  return slot  saved rbp  sp
  ─  ──  ──  ──  ──  ──  ──  ──
  0  main.main.gowrap1  main.go:N  8  ✓  A3  none  A3
  1  runtime.goexit  asm_amd64.s:N  8  ✓  none  none  A4

  word by word
  ┌ hi A2 ──┐
  ├─ above the first frame ──┤
  │ ⋮ 4 words of 0  │
  ├─ #0 main.main.gowrap1  main.go:N, 8 bytes ──┤
  │ A3  A5  return to runtime.goexit+N, the end │ ◄ sched.sp
  │ ⋮ 2008 bytes free below  │
  └ lo A1 ──┘
"""


def test_whole_page(at_look: Callable[..., Session]) -> None:
    session = at_look(DEBUG, width=120)
    goid = goroutine(session, None)
    output = session.run(f"go-stacks {goid} --memory")
    assert max(map(len, output.split("\n"))) <= 120
    output = re.sub(
        r"(\.go|\.s):\d+", r"\1:N", output.replace(f"goroutine {goid} ", "goroutine N ")
    )
    # the wrapper of a go statement with arguments has another name before go1.21
    assert normalize(output).replace("main.main.func1", "main.main.gowrap1") == PAGE
