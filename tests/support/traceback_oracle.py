"""Compare go-stacks with the traceback that the program itself prints.

A program waits with a goroutine in each of many states (tests/live/programs/states). Its traceback
has the functions, files, lines, sps and pcs of every goroutine, in order, at the moment when the
kernel writes its core (GOTRACEBACK=crash), or right after go-stacks has read the live process.
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from gogdb.launch.tools import Go
from tests.support.places import PROGRAMS
from tests.support.process import TIMEOUT, core_of, gdb_dump, waiting_program
from tests.support.traceback import Goroutine, Line, parse, printed

__all__ = ["BUILDS", "EXCEPTIONS", "Verdict", "build", "compare", "compare_stacks"]


class Build(NamedTuple):
    """How a program is built, and the ways to compare: core or live, and how the program waits.

    After go build `strip -s` is run if `strip`. Those that are not `sampled` are for `make matrix`
    only. Go has the flags since 1.`since`.
    """

    program: str
    flags: tuple[str, ...]
    ways: tuple[str, ...]
    strip: bool = False
    sampled: bool = True
    since: int = 19
    env: Mapping[str, str] = MappingProxyType({})


_WAYS = ("core stand", "core dump", "live stand", "live dump", "live panic", "live handler")
_NEED_CGO = {"-race", "-asan"}
_NO_SYMBOLS, _PIE = "-ldflags=-s -w", "-buildmode=pie"
_STAND, _LIVE, _CGO = ("core stand", "live stand"), ("live stand",), ("core", "live")
BUILDS = {
    "-N -l": Build("states", ("-gcflags", "-N -l"), _WAYS),
    "optimised": Build("states", (), _WAYS),
    "pie": Build("states", (_PIE,), _WAYS),
    "cgo": Build("states_cgo", ("-gcflags", "-N -l"), _CGO),
    "cgo optimised": Build("states_cgo", (), _CGO),
    "-s -w": Build("states", (_NO_SYMBOLS,), _STAND),
    "-s -w pie": Build("states", (_NO_SYMBOLS, _PIE), _STAND),
    "-s -w -trimpath": Build("states", (_NO_SYMBOLS, "-trimpath"), _LIVE),
    "-s -w -trimpath pie": Build("states", (_NO_SYMBOLS, "-trimpath", _PIE), _LIVE, sampled=False),
    "-s -w cgo": Build("states_cgo", (_NO_SYMBOLS,), _CGO),
    "-s -w cgo pie": Build("states_cgo", (_NO_SYMBOLS, _PIE), _CGO),
    "-s -w -trimpath cgo pie": Build(
        "states_cgo", (_NO_SYMBOLS, "-trimpath", _PIE), _CGO, sampled=False
    ),
    "-s -w race": Build("states", (_NO_SYMBOLS, "-race"), _LIVE),
    "-s -w -cover": Build("states", (_NO_SYMBOLS, "-cover"), _LIVE, sampled=False, since=20),
    "-s -w GOAMD64=v3": Build(
        "states", (_NO_SYMBOLS,), _LIVE, sampled=False, env={"GOAMD64": "v3"}
    ),
    "-s -w asan": Build("states", (_NO_SYMBOLS, "-asan"), _LIVE, sampled=False),
    "-s -w asan cgo": Build("states_cgo", (_NO_SYMBOLS, "-asan"), ("live",), sampled=False),
    "strip -s": Build("states", (), _STAND, strip=True),
    "strip -s pie": Build("states", (_PIE,), _STAND, strip=True, sampled=False),
    "strip -s cgo": Build("states_cgo", (), _CGO, strip=True, sampled=False),
    "strip -s cgo pie": Build("states_cgo", (_PIE,), _CGO, strip=True),
    "strip -s race": Build("states", ("-race",), _LIVE, strip=True, sampled=False),
}

_LEVELS = {"panic": "all", "handler": "crash"}  # of GOTRACEBACK

SYSCALL = b"\x0f\x05"  # the instruction

# Where go-stacks and the traceback may differ, and why; any other difference is an error
EXCEPTIONS = {
    "on a CPU": "without GOTRACEBACK=crash Go prints no stack of a goroutine that another thread "
    "runs: there is nothing to compare with (live only)",
    "elided": "Go prints the 50 innermost and the 50 outermost frames of a deep stack (the 100 "
    "innermost before Go 1.21): those are compared, and the number of the others",
    "restarted": "a signal during a system call makes the kernel restart it at the SYSCALL "
    "instruction: the innermost frame's pc is 2 less than at the stop (live only)",
    "scheduler": "the thread that takes the signal may be idle, and its g0 has continued to look "
    "for work since the stop (live only)",
    "panics": "the goroutine that panics has moved on since the stop (GOTRACEBACK=all only: on a "
    "signal Go always prints the frames of GOTRACEBACK=system)",
    "new thread": "an M whose thread has not stored its id yet (minit): its registers cannot be "
    "found, and it has only a g0",
}


@dataclass
class Verdict:
    """The result of a comparison: `wrong` has a line for each difference.

    `compared` counts stacks, `frames` their frames in the traceback, `goroutines` the stacks that
    are not g0s, and `by_chain` those whose callers a walk along the saved rbps finds too.
    """

    compared: int = 0
    frames: int = 0
    goroutines: int = 0
    by_chain: int = 0
    functions: set[str] = field(default_factory=set)
    exceptions: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def build(name: str, go: Go, work: Path) -> Path:
    """Build one of `BUILDS` in `work`. Raises `CalledProcessError` with Go's output."""
    how = BUILDS[name]
    program = work / how.program
    cgo = "1" if how.program.endswith("cgo") or not _NEED_CGO.isdisjoint(how.flags) else "0"
    subprocess.run(
        [str(go.path), "build", "-buildvcs=false", *how.flags, "-o", str(program), "."],
        cwd=PROGRAMS / how.program,
        env=go.environment() | {"CGO_ENABLED": cgo} | dict(how.env),
        capture_output=True,
        check=True,
    )
    if how.strip:
        subprocess.run(["strip", "-s", program], check=True)
    return program


def compare(
    gdb: Path, program: Path, work: Path, way: str, *, deep: int = 20, by_gdb: bool = False
) -> Verdict:
    """Compare in one of a build's ways, in an empty directory; `deep` is the depth of recursion.

    "core" compares the traceback of GOTRACEBACK=crash with the core of the same moment. "live"
    compares the traceback of GOTRACEBACK=system with what was read right before; with "panic" it
    is that of GOTRACEBACK=all, which omits wrappers and the runtime's own frames; with "handler"
    a thread is in a signal handler, and all threads print. Raises `NotAllowedError`.
    """
    source, _, how = way.partition(" ")
    arguments = [how.replace("handler", "stand"), str(deep)] if how else []
    panics = how == "panic"
    level = _LEVELS.get(how, "system") if source == "live" else "crash"
    with waiting_program(program, work, level, arguments, core=source == "core") as (
        process,
        traceback,
    ):
        if source == "core":
            core = core_of(gdb, process, work, by_gdb=by_gdb)
            ours = gdb_dump(gdb, work, str(program), str(core))
            core.unlink()
        else:
            handler = ("-ex", "break runtime.sighandler", "-ex", "continue")
            more = handler if how == "handler" else ()
            ours = gdb_dump(gdb, work, str(program), "-p", str(process.pid), *more)
            assert how != "handler" or ours["here"][-1] == "runtime.sigtramp", ours["here"]
            assert process.stdin is not None
            process.stdin.close()  # it panics then
            if not panics:
                process.send_signal(signal.SIGQUIT)
            process.wait(TIMEOUT)
    theirs = parse(traceback.read_text())
    moved = theirs.pop("g1", None) if panics else None
    verdict = compare_stacks(ours, theirs, live=source == "live")
    if moved:
        verdict.exceptions["panics"] += 1
    return verdict


def compare_stacks(ours: Mapping[str, Any], theirs: Mapping[str, Goroutine], live: bool) -> Verdict:
    """Compare what `gdb_dump` has read with a traceback, if `live` of right after."""
    verdict = Verdict()
    stacks = {g["name"]: g for g in ours["stacks"]}
    for name, goroutine in theirs.items():
        if name in ours["new"]:
            verdict.exceptions["new thread"] += 1
        elif name not in stacks:
            verdict.wrong.append(f"{name} [{goroutine.status}] is in the traceback only")
        elif live and name.endswith("g0"):
            verdict.exceptions["scheduler"] += 1
        elif not goroutine.available:
            verdict.exceptions["on a CPU"] += 1
        else:
            _compare_one(verdict, stacks[name], goroutine, live)
            verdict.compared += 1
            if name in ours["chains"]:
                verdict.goroutines += 1
                verdict.by_chain += _is_chain(stacks[name]["frames"], ours["chains"][name])
    if any(frame.place for goroutine in theirs.values() for frame in goroutine.frames):
        # at lower levels the runtime's own goroutines are omitted
        alone = sorted(set(ours["chains"]) - set(theirs))
        verdict.wrong += [f"{name} is in go-stacks only" for name in alone]
    return verdict


def _is_chain(frames: Sequence[Mapping[str, Any]], chain: Sequence[int]) -> bool:
    """Report whether the rbp chain finds the same callers; goexit itself may be missing."""
    callers = [frame for frame in frames if not frame["inlined"]][1:]
    pcs = [int(frame["pc"], 16) for frame in callers]
    if callers and callers[-1]["function"] == "runtime.goexit":
        goexit = pcs.pop()
        chain = chain[:-1] if chain[-1:] == [goexit] else chain
    return list(chain[len(chain) - len(pcs) :]) == pcs


def _compare_one(
    verdict: Verdict, stack: Mapping[str, Any], goroutine: Goroutine, live: bool
) -> None:
    name = stack["name"]
    ours, theirs = _lines(stack, goroutine), goroutine.frames
    verdict.frames += len(theirs)
    verdict.functions |= {line.function for line in theirs}
    if goroutine.elided != 0:
        verdict.exceptions["elided"] += 1
        between = len(ours) - len(theirs)
        if goroutine.elided is not None and between != goroutine.elided:
            verdict.wrong.append(f"{name}: {between} frames elided, Go says {goroutine.elided}")
        ours = ours[: goroutine.inner] + ours[len(ours) - (len(theirs) - goroutine.inner) :]
    if live and ours and theirs and ours[0] != theirs[0]:
        ours = [_excused(verdict, ours[0], theirs[0]), *ours[1:]]
    for number, (mine, go_line) in enumerate(zip(ours, theirs, strict=False)):
        if mine != go_line:
            verdict.wrong.append(f"{name} #{number}: {_text(mine)}, Go says {_text(go_line)}")
            return
    if len(ours) != len(theirs):
        more, who = (ours, "go-stacks") if len(ours) > len(theirs) else (theirs, "Go")
        extra = _text(more[min(len(ours), len(theirs))])
        verdict.wrong.append(f"{name}: {who} alone has #{min(len(ours), len(theirs))} {extra}")


def _excused(verdict: Verdict, mine: Line, go_line: Line) -> Line:
    """Return the innermost frame, with Go's pc where an exception allows it."""
    if mine.function != go_line.function or not mine.place or not go_line.place:
        return mine
    if mine.place != (go_line.place[0], go_line.place[1] + len(SYSCALL)):
        return mine
    verdict.exceptions["restarted"] += 1
    return go_line


def _lines(stack: Mapping[str, Any], goroutine: Goroutine) -> list[Line]:
    """Return the frames that the traceback shows at its level, in its form."""
    placed = any(frame.place for frame in goroutine.frames)
    frames = stack["frames"] if placed else _shown(stack["frames"])
    return [
        Line(
            printed(frame["function"]),
            frame["file"],
            frame["line"],
            (int(frame["sp"], 16), int(frame["pc"], 16))
            if placed and not frame["inlined"]
            else None,
        )
        for frame in frames
    ]


def _shown(frames: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the frames of GOTRACEBACK=all: showfuncinfo in runtime/traceback.go; all if none."""
    shown: list[Mapping[str, Any]] = []
    for frame in frames:
        name = frame["function"]
        exported = re.match(r"runtime\.[A-Z]", name)
        running = name in ("runtime.runFinalizers", "runtime.runCleanups")
        panicking = name == "runtime.gopanic" and shown
        program = "." in name and not name.startswith("runtime.")
        if not frame["elided"] and (program or exported or running or panicking):
            shown.append(frame)
    return shown or list(frames)


def _text(line: Line) -> str:
    place = " sp={:#x} pc={:#x}".format(*line.place) if line.place else ""
    return f"{line.function} {line.file.rpartition('/')[2]}:{line.line}{place}"
