"""Compare go-stacks with the tracebacks of programs that others have built, most of them stripped.

Each is started on loopback and attached once it is ready. What go-stacks reads of it is compared
with the traceback that it prints right after, and what it reads of its core with that of a crash.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.packages import Package
from tests.support.process import (
    end,
    gdb_dump,
    kernel_writes_here,
    only_core,
    reads_input,
    wait_until,
)
from tests.support.traceback import parse
from tests.support.traceback_oracle import Verdict, compare_stacks

__all__ = ["PROGRAMS", "RealProgram", "compare_real"]

_HOST = "127.0.0.1"
# A traceback takes a while, in which goroutines that are busy go on: another moment is tried then.
_ATTEMPTS = 3
_TIMEOUT = 120  # s


@dataclass(frozen=True)
class RealProgram:
    """How to start a program, and when it is ready: it has printed `ready`, or written `made`.

    Without either, it is ready when a thread reads its standard input. `first` are the arguments
    of a run before, which ends by itself.
    """

    package: Package
    arguments: Sequence[str]
    ready: str = ""
    made: str = ""
    first: Sequence[str] = ()
    files: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()


_ETCD_URLS = [
    f"--{option}=unix://{socket}:1"
    for socket, options in {
        "client": ("listen-client-urls", "advertise-client-urls"),
        "peer": ("listen-peer-urls", "initial-advertise-peer-urls"),
    }.items()
    for option in options
]

PROGRAMS = {
    "esbuild (Go 1.20)": RealProgram(
        Package(
            "npm",
            "@esbuild/linux-x64",
            "0.18.20",
            "package/bin/esbuild",
            "UYqiqemphJcNsFEskc73jQ7B9jgwjWrSayxawS6UVFZGWrAAtkzjxSqnoclCXxWtfwLdzU+vTpcNYhpn43uP1w==",
        ),
        [f"--serve={_HOST}:0", "--servedir=."],
        ready="Local:",
    ),
    "esbuild": RealProgram(
        Package(
            "npm",
            "@esbuild/linux-x64",
            "0.28.2",
            "package/bin/esbuild",
            "4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ==",
        ),
        [f"--serve={_HOST}:0", "--servedir=."],
        ready="Local:",
    ),
    "nats-server": RealProgram(
        Package("debian", "nats-server", None, "usr/sbin/nats-server"),
        ["--addr", _HOST, "--port", "-1"],
        ready="Server is ready",
    ),
    "caddy": RealProgram(
        Package("debian", "caddy", None, "usr/bin/caddy"),
        ["run", "--config", "Caddyfile"],
        ready="serving initial configuration",
        files=(("Caddyfile", f"{{\n admin off\n}}\nhttp://{_HOST}:0 {{\n respond hello\n}}\n"),),
    ),
    "etcd": RealProgram(
        Package("debian", "etcd-server", None, "usr/bin/etcd"),
        ["--data-dir=data", *_ETCD_URLS, "--initial-cluster=default=unix://peer:1"],
        ready="ready to serve client requests",
    ),
    "restic": RealProgram(
        Package("debian", "restic", None, "usr/bin/restic"),
        ["-r", "repo", "backup", "--stdin", "--no-cache"],
        first=["-r", "repo", "init", "--no-cache"],
        env=(("RESTIC_PASSWORD", "x"),),
    ),
    "syncthing": RealProgram(
        Package("debian", "syncthing", None, "usr/bin/syncthing"),
        ["serve", "--no-browser", "--home=home", f"--gui-address={_HOST}:0"],
        ready="GUI and API listening",
        env=(("STMONITORED", "1"), ("STNOUPGRADE", "1")),
    ),
    "shfmt": RealProgram(
        Package("pypi", "shfmt-py", "4.2.0", "shfmt_py-4.2.0.data/scripts/shfmt"), ["-"]
    ),
    "wandb-core": RealProgram(
        Package("pypi", "wandb", "0.31.0", "wandb/bin/wandb-core"),
        ["--port-filename", "port"],
        made="port",
    ),
}


def compare_real(program: RealProgram, gdb: Path) -> Verdict:
    """Compare the stacks of a program with its tracebacks, live and in its core.

    Raises `GogdbError` if it cannot be had, `NotAllowedError` if GDB may not attach.
    """
    path = program.package.fetch()
    ways = [_live, _in_core] if kernel_writes_here() else [_live]
    with tempfile.TemporaryDirectory() as scratch:
        for way in ways:
            for attempt in range(_ATTEMPTS):
                verdict = way(program, path, gdb, Path(scratch) / f"{way.__name__}{attempt}")
                if not verdict.wrong:
                    break
            else:
                break
    return verdict


def _live(program: RealProgram, path: Path, gdb: Path, work: Path) -> Verdict:
    with _ready(program, path, work, "system") as (process, output):
        # by GDB, so that as little as possible goes on before; SIGQUIT has a meaning for some
        signalled = ("handle SIGABRT nostop noprint pass", "signal SIGABRT")
        ours = gdb_dump(gdb, work, str(path), "-p", str(process.pid), then=signalled)
        process.wait(_TIMEOUT)
        return compare_stacks(ours, parse(output.read_text(errors="replace")), live=True)


def _in_core(program: RealProgram, path: Path, gdb: Path, work: Path) -> Verdict:
    with _ready(program, path, work, "crash") as (process, output):
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (hard, hard))
        process.send_signal(signal.SIGABRT)
        process.wait(_TIMEOUT)
        ours = gdb_dump(gdb, work, str(path), str(only_core(work)))
        return compare_stacks(ours, parse(output.read_text(errors="replace")), live=False)


@contextmanager
def _ready(
    program: RealProgram, path: Path, work: Path, level: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a program in `work`, and yield it and the file of its output once it is ready."""
    work.mkdir()
    for name, text in program.files:
        (work / name).write_text(text)
    env = {"GOTRACEBACK": level, "HOME": str(work), "PATH": os.defpath, **dict(program.env)}
    if program.first:
        subprocess.run([path, *program.first], cwd=work, env=env, check=True, capture_output=True)
    log = work / "output"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [path, *program.arguments],
            cwd=work,
            env=env,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            wait_until(lambda: process.poll() is not None or _is_ready(process.pid, program, log))
            if process.poll() is not None:
                raise AssertionError(f"{path} has ended: {log.read_text()[-500:]}")
            yield process, log
        finally:
            end(process)


def _is_ready(pid: int, program: RealProgram, log: Path) -> bool:
    if program.made:
        return (log.parent / program.made).exists()
    if program.ready:
        return re.search(program.ready, log.read_text(errors="replace")) is not None
    return reads_input(pid)
