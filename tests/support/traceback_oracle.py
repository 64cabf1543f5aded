"""What go-stacks says of a program, against what the program says of itself.

A program stands still, with a goroutine in each of many states (tests/live/programs/states). Its
own traceback is the truth: functions, files, lines, sps and pcs of every goroutine, in their
order, of the moment at which the kernel writes its core (GOTRACEBACK=crash), or right after it
was stopped and read while it lived.
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gogdb.launch.tools import Go
from tests.support.places import PROGRAMS
from tests.support.process import TIMEOUT, crashed, gdb_dump, standing
from tests.support.traceback import Line, Told, printed, read

__all__ = ["BUILDS", "EXCEPTIONS", "Verdict", "build", "compare"]

# name → (program, flags of go build, ways to compare it: of a core or live, how it stands)
_WAYS = ("core stand", "core dump", "live stand", "live dump", "live panic", "live handler")
BUILDS = {
    "-N -l": ("states", ("-gcflags", "-N -l"), _WAYS),
    "optimised": ("states", (), _WAYS),
    "pie": ("states", ("-buildmode=pie",), _WAYS),
    "cgo": ("states_cgo", ("-gcflags", "-N -l"), ("core", "live")),
    "cgo optimised": ("states_cgo", (), ("core", "live")),
}

_LEVELS = {"panic": "all", "handler": "crash"}  # of GOTRACEBACK

SYSCALL = b"\x0f\x05"  # the instruction

# Where go-stacks and the traceback may differ, and why. Nothing else is let pass.
EXCEPTIONS = {
    "on a CPU": "Go prints no stack of a goroutine that another thread runs, but with "
    "GOTRACEBACK=crash: there is nothing to compare with (live only)",
    "elided": "Go prints the 50 innermost and the 50 outermost frames of a deep stack (the 100 "
    "innermost before Go 1.21): those are compared, and the number of those between",
    "restarted": "the kernel sets a thread that a signal finds in a system call back to its "
    "SYSCALL instruction: the innermost frame's pc is 2 less than at the stop (live only)",
    "scheduler": "the thread that takes the signal may be idle, and its g0 has gone on looking for "
    "work since the stop (live only)",
    "panics": "the goroutine that is told to panic has gone on to do so (GOTRACEBACK=all only: "
    "of a signal Go always tells with the frames of GOTRACEBACK=system)",
    "new thread": "an M whose thread has not said yet which it is (minit): its registers cannot be "
    "found, and it has only a g0",
}


@dataclass
class Verdict:
    """`wrong`: one line a difference. `compared` stacks had `frames` as Go prints them.

    `goroutines` of them were no g0s; of `by_chain` a walk along the saved rbps finds the callers.
    """

    compared: int = 0
    frames: int = 0
    goroutines: int = 0
    by_chain: int = 0
    functions: set[str] = field(default_factory=set)
    exceptions: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def build(name: str, go: Go, work: Path) -> Path:
    """One of `BUILDS`, in `work`. Raises `CalledProcessError`, with what Go said."""
    program, flags, _ = BUILDS[name]
    cgo = "1" if program.endswith("cgo") else "0"
    subprocess.run(
        [str(go.path), "build", "-buildvcs=false", *flags, "-o", str(work / program), "."],
        cwd=PROGRAMS / program,
        env=go.environment() | {"CGO_ENABLED": cgo},
        capture_output=True,
        check=True,
    )
    return work / program


def compare(
    gdb: Path, program: Path, work: Path, way: str, *, deep: int = 20, by_gdb: bool = False
) -> Verdict:
    """One of a build's ways, in an empty directory; `deep` is how far the deep one recurses.

    "core" is the traceback of GOTRACEBACK=crash against the core of that very moment. "live" is
    the one of GOTRACEBACK=system against what was read right before; with "panic" the one of
    GOTRACEBACK=all, which leaves out wrappers and what is the runtime's own; with "handler" it is
    read while a thread is in a signal handler, and all threads tell. Raises `NotAllowedError`.
    """
    source, _, how = way.partition(" ")
    arguments = [how.replace("handler", "stand"), str(deep)] if how else []
    panics = how == "panic"
    level = _LEVELS.get(how, "system") if source == "live" else "crash"
    with standing(program, work, level, arguments, core=source == "core") as (process, traceback):
        if source == "core":
            core = crashed(gdb, process, work, by_gdb=by_gdb)
            ours = gdb_dump(gdb, work, str(program), str(core))
            core.unlink()
        else:
            handler = ("-ex", "break runtime.sighandler", "-ex", "continue")
            more = handler if how == "handler" else ()
            ours = gdb_dump(gdb, work, str(program), "-p", str(process.pid), *more)
            assert how != "handler" or ours["here"][-1] == "runtime.sigtramp", ours["here"]
            assert process.stdin is not None
            process.stdin.close()  # which makes it panic
            if not panics:
                process.send_signal(signal.SIGQUIT)
            process.wait(TIMEOUT)
    theirs = read(traceback.read_text())
    moved = theirs.pop("g1", None) if panics else None
    verdict = _compare(ours, theirs, live=source == "live")
    if moved:
        verdict.exceptions["panics"] += 1
    return verdict


def _compare(ours: Mapping[str, Any], theirs: Mapping[str, Told], live: bool) -> Verdict:
    verdict = Verdict()
    stacks = {g["name"]: g for g in ours["stacks"]}
    for name, told in theirs.items():
        if name in ours["new"]:
            verdict.exceptions["new thread"] += 1
        elif name not in stacks:
            verdict.wrong.append(f"{name} [{told.status}] is in the traceback only")
        elif live and name.endswith("g0"):
            verdict.exceptions["scheduler"] += 1
        elif not told.available:
            verdict.exceptions["on a CPU"] += 1
        else:
            _compare_one(verdict, stacks[name], told, live)
            verdict.compared += 1
            if name in ours["chains"]:
                verdict.goroutines += 1
                verdict.by_chain += _is_chain(stacks[name]["frames"], ours["chains"][name])
    if any(frame.place for told in theirs.values() for frame in told.frames):
        # at lower levels the runtime's own goroutines are left out
        alone = sorted(set(ours["chains"]) - set(theirs))
        verdict.wrong += [f"{name} is in go-stacks only" for name in alone]
    return verdict


def _is_chain(frames: Sequence[Mapping[str, Any]], chain: Sequence[int]) -> bool:
    """Whether the rbp chain finds the same callers; goexit, which called nothing, is no matter."""
    callers = [frame for frame in frames if not frame["inlined"]][1:]
    pcs = [int(frame["pc"], 16) for frame in callers]
    if callers and callers[-1]["function"] == "runtime.goexit":
        goexit = pcs.pop()
        chain = chain[:-1] if chain[-1:] == [goexit] else chain
    return list(chain[len(chain) - len(pcs) :]) == pcs


def _compare_one(verdict: Verdict, stack: Mapping[str, Any], told: Told, live: bool) -> None:
    name = stack["name"]
    ours, theirs = _lines(stack, told), told.frames
    verdict.frames += len(theirs)
    verdict.functions |= {line.function for line in theirs}
    if told.elided != 0:
        verdict.exceptions["elided"] += 1
        between = len(ours) - len(theirs)
        if told.elided is not None and between != told.elided:
            verdict.wrong.append(f"{name}: {between} frames elided, Go says {told.elided}")
        ours = ours[: told.inner] + ours[len(ours) - (len(theirs) - told.inner) :]
    if live and ours and theirs and ours[0] != theirs[0]:
        ours = [_forgiven(verdict, ours[0], theirs[0]), *ours[1:]]
    for number, (mine, its) in enumerate(zip(ours, theirs, strict=False)):
        if mine != its:
            verdict.wrong.append(f"{name} #{number}: {_say(mine)}, Go says {_say(its)}")
            return
    if len(ours) != len(theirs):
        more, who = (ours, "go-stacks") if len(ours) > len(theirs) else (theirs, "Go")
        extra = _say(more[min(len(ours), len(theirs))])
        verdict.wrong.append(f"{name}: {who} alone has #{min(len(ours), len(theirs))} {extra}")


def _forgiven(verdict: Verdict, mine: Line, its: Line) -> Line:
    """The innermost frame, with Go's pc where an exception allows it."""
    if mine.function != its.function or not mine.place or not its.place:
        return mine
    if mine.place != (its.place[0], its.place[1] + len(SYSCALL)):
        return mine
    verdict.exceptions["restarted"] += 1
    return its


def _lines(stack: Mapping[str, Any], told: Told) -> list[Line]:
    """Our frames in the traceback's words, those that it shows at its level."""
    placed = any(frame.place for frame in told.frames)
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
    """Those of GOTRACEBACK=all: showfuncinfo in runtime/traceback.go; all, if that is none."""
    shown: list[Mapping[str, Any]] = []
    for frame in frames:
        name = frame["function"]
        exported = re.match(r"runtime\.[A-Z]", name)
        running = name in ("runtime.runFinalizers", "runtime.runCleanups")
        panicking = name == "runtime.gopanic" and shown
        ours = "." in name and not name.startswith("runtime.")
        if not frame["elided"] and (ours or exported or running or panicking):
            shown.append(frame)
    return shown or list(frames)


def _say(line: Line) -> str:
    place = " sp={:#x} pc={:#x}".format(*line.place) if line.place else ""
    return f"{line.function} {line.file.rpartition('/')[2]}:{line.line}{place}"
