"""What GDB's own `bt` shows of goroutines, compared with go-stacks or with a traceback.

`bt` of each goroutine by go-apply, `bt` of each thread with stitched stacks, and `bt` of a GDB
without gogdb on the core that go-gcore has written.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from gogdb.launch import paths
from tests.support import gdb_backtraces, gdb_log
from tests.support.bt import bt_frames, stack_frames
from tests.support.gdb_command import execute, quiet
from tests.support.process import NotAllowedError, core_of
from tests.support.traceback import Goroutine, Line, printed

__all__ = [
    "WAYS",
    "Answers",
    "arguments",
    "ask",
    "goroutine_bt",
    "stitched_bt",
    "target",
    "thread_bt",
]

WAYS = ("attached", "gdbserver", "gcore", "core")
"""How GDB gets at a program: live, or a core that GDB or the kernel has written."""

# Functions whose debug information is wrong in a Go release; GDB then shows wrong lines
_WRONG_IN = {
    "go1.19": {
        "main.Exported.Parks",  # a call inlined in a wrapper is missing
        "main.goReads",  # in a file that cgo has written, lines of inlined calls are those of that
    }
}
_ABOVE_GOEXIT = ("??", "", 0)
# The limit is for the words above goexit that GDB takes for frames
_SETTINGS = ("set width 0", "set print frame-arguments none", "set backtrace limit 2000")
_NOT_ALLOWED = "ptrace: Operation not permitted"


class Answers(NamedTuple):
    """What GDB with gogdb shows at one stop.

    `stacks` are those of go-stacks by name, and `bts` what `bt` has printed there; `threads` have
    the output of `bt` by the goid of the goroutine that the thread works for.
    """

    go_version: str
    stacks: Mapping[str, Mapping[str, Any]]
    bts: Mapping[str, Mapping[str, Any]]
    threads: Mapping[str, str]


def arguments(build: str) -> list[str]:
    """Return the arguments of the program of a build of `traceback_oracle.BUILDS`."""
    return [] if "cgo" in build else ["stand", "20"]


@contextmanager
def target(
    way: str, gdb: Path, process: subprocess.Popen[bytes], work: Path, gdbserver: Path
) -> Iterator[list[str]]:
    """Yield the arguments with which GDB gets at a process of `waiting_program` in one of `WAYS`.

    The kernel's core ends the process. Raises `NotAllowedError`.
    """
    if way == "gdbserver":
        server = shlex.join([str(gdbserver), "--attach", "-", str(process.pid)])
        yield execute([f"target remote | {server}"])
    elif way == "gcore":
        core = work / "gcore"
        _run([*quiet(gdb), "-p", str(process.pid), "-ex", f"generate-core-file {core}"])
        yield ["-c", str(core)]
    elif way == "core":
        yield ["-c", str(core_of(gdb, process, work))]
    else:
        yield ["-p", str(process.pid)]


def ask(
    gdb: Path, program: Path, target: Sequence[str], work: Path, *, core: Path | None = None
) -> Answers:
    """Ask a GDB with gogdb; with `core`, let go-gcore write every goroutine to that file.

    Raises `NotAllowedError`, and `AssertionError` with what GDB prints if it does not answer.
    """
    listed, applied, ms, threads = (work / f"{name}.json" for name in ("gs", "bts", "ms", "ts"))
    commands = [
        f"source {paths.gdbinit()}",
        *_SETTINGS,
        f"go-stacks --system --frames 1000 --json --out {listed}",
        f"python import json; listed = json.load(open('{listed}'))['goroutines']",
        "python names = [str(g['goid'] or g['name']) for g in listed if g['frames']]",
        f"python gdb.execute('go-apply --json --out {applied} ' + ' '.join(names) + ' bt')",
        *([f"go-gcore --all {core}"] if core else []),
        "set backtrace past-main on",
        "set gogdb stitch on",
        f"go-gmp m --json --out {ms}",
        f"python ms = json.load(open('{ms}'))['ms']",
        "python threads = {m['curg']: gdb.execute(f\"thread apply {m['thread']['number']} -q bt\","
        " to_string=True) for m in ms if m['thread'] and m['curg']}",
        f"python json.dump(threads, open('{threads}', 'w'))",
    ]
    output = _run([*quiet(gdb), str(program), *target, *execute(commands)])
    assert threads.exists(), output
    assert core is None or core.exists(), output
    answer = json.loads(listed.read_text())
    return Answers(
        answer["go_version"],
        {g["name"]: g for g in answer["goroutines"] if g["frames"]},
        {row["name"]: row for row in json.loads(applied.read_text())["goroutines"]},
        json.loads(threads.read_text()),
    )


def _run(command: Sequence[str]) -> str:
    done = gdb_log.run(command, env=os.environ)
    output = done.stdout + done.stderr
    if _NOT_ALLOWED in output:
        raise NotAllowedError("to attach: kernel.yama.ptrace_scope")
    return output


def goroutine_bt(answers: Answers) -> list[str]:
    """Return a line for each difference between `bt` in a goroutine and go-stacks."""
    wrong = [f"{row['name']}: {row['error']}" for row in answers.bts.values() if row["error"]]
    if wrong or answers.bts.keys() != answers.stacks.keys():
        return [*wrong, f"of {len(answers.stacks)} stacks {len(answers.bts)} were shown"]
    for name, stack in answers.stacks.items():
        theirs = stack_frames(stack)
        if _is_comparable(answers, stack):
            ours = bt_frames(answers.bts[name]["output"])
            wrong += [f"{name}: {a} is not {b}" for a, b in zip_longest(ours, theirs) if a != b]
    return wrong


def _is_comparable(answers: Answers, stack: Mapping[str, Any]) -> bool:
    wrong = _WRONG_IN.get(answers.go_version[:6], set())
    return wrong.isdisjoint(frame["function"] for frame in stack["frames"])


def stitched_bt(answers: Answers) -> list[str]:
    """Return a line for each thread whose `bt` does not end as go-stacks has its goroutine."""
    wrong = []
    for goid, text in answers.threads.items():
        stack, shown = answers.stacks[f"g{goid}"], bt_frames(text)
        if not _is_comparable(answers, stack):
            continue
        expected = stack_frames(stack)
        if stack["status"] == "syscall":  # go-stacks has the place where it was announced
            expected = expected[1:]
        while shown[-1:] == [_ABOVE_GOEXIT]:  # GDB has come to goexit without another stack
            shown.pop()
        if shown[-len(expected) :] != expected:
            wrong.append(f"g{goid}: {shown} does not end with {expected}")
    return wrong


def thread_bt(
    gdb: Path, program: Path, core: Path, answers: Answers, traceback: Mapping[str, Goroutine]
) -> list[str]:
    """Return a line for each stack that a GDB without gogdb shows wrong in go-gcore's core.

    They are compared with `traceback`, or with go-stacks if that is empty.
    """
    commands = execute([*_SETTINGS, "thread apply all bt"])
    output = _run([*quiet(gdb), *commands, "--core", str(core), str(program)])
    theirs = {
        name: goroutine
        for name, goroutine in (traceback or _as_traceback(answers.stacks)).items()
        if name not in answers.stacks or _is_comparable(answers, answers.stacks[name])
    }
    return gdb_backtraces.compare(gdb_backtraces.frames_by_lwp(output), theirs)[1]


def _as_traceback(stacks: Mapping[str, Mapping[str, Any]]) -> dict[str, Goroutine]:
    """Return what go-stacks has as Go's traceback would."""
    found = {}
    for name, stack in stacks.items():
        frames = [
            Line(
                printed(frame["function"]),
                frame["file"],
                frame["line"],
                None if frame["inlined"] else (int(frame["sp"], 16), int(frame["pc"], 16)),
            )
            for frame in stack["frames"]
        ]
        if stack["goid"]:
            found[name] = Goroutine(stack["status"], frames)
    return found
