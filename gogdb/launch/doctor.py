"""`gogdb doctor`: check what gogdb needs, and what it can read of a program."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.finding import Finding
from gogdb.launch import debugger, gdb_options, paths
from gogdb.launch.tools import Gdb, Go, find_gdb, find_go, output_of

__all__ = ["examine", "examine_program", "known_faults"]

_PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
_CAP_SYS_PTRACE = 1 << 19
_GDBS_WARNING = re.compile(r"(\S+: )?warning: ")  # such as of a missing HOME
_FINDING = '{"verdict": '  # how a finding begins among the lines that GDB itself prints


# The oldest and the newest GDB that were seen to have a fault, what it is, what to do. They come
# without gogdb, too. Versions in between have them, as far as they were tried.
_FAULTS = (
    (
        (13, 1),
        (18, 1),
        "an internal error, `linux-nat.c: wait returned unexpected status`, when a program ends "
        "while it starts a thread",
        "run it again",
    ),
    (
        (13, 1),
        (18, 1),
        "`Couldn't get registers: No such process` or a hang when a program ends while GDB handles "
        "a breakpoint",
        "start GDB anew if `run` says `No unwaited-for children left`",
    ),
    (
        (16, 3),
        (18, 1),
        "a crash when the connection to a gdbserver ends while GDB waits for a reply; gogdb's own "
        "reads avoid it",
        "start GDB anew, and connect again",
    ),
)


def examine(gdb_wanted: str | None, go_wanted: str | None) -> Iterator[Finding]:
    """Yield the findings, in the order in which gogdb needs the things they are about.

    `gdb_wanted` and `go_wanted` are the values of --gdb and --go, if given.
    """
    python = f"Python {sys.version.split()[0]} ({sys.executable})"
    yield Finding("ok", python)
    gdb: Gdb | None = None
    go: Go | None = None
    try:
        gdb = find_gdb(gdb_wanted)
        yield Finding("ok", str(gdb))
    except GogdbError as error:
        yield Finding("not ok", error.message, error.hint)
    try:
        go = find_go(go_wanted)
        yield Finding("ok", str(go))
    except GogdbError as error:
        yield Finding("not ok", error.message, error.hint)
    if gdb:
        yield _loading(gdb)
        yield from _tracing(gdb)
        yield from known_faults(gdb)
        yield from _safe_path(gdb, go)


def examine_program(gdb: Gdb, program: Path | None, memory: Sequence[str]) -> Iterator[Finding]:
    """Yield what GDB can read of a program, and from what.

    `memory` are GDB's words for a process or a core file, if there is one. Raises `GogdbError` if
    GDB cannot open that.
    """
    path = str(program) if program else None
    lines = output_of(debugger.examination(gdb, path, memory)).splitlines()
    findings = [Finding(**json.loads(line)) for line in lines if line.startswith(_FINDING)]
    if not findings:
        why = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
        raise GogdbError(f"GDB could not open {_named(memory)}", why.rstrip("."))
    yield from findings


def _named(memory: Sequence[str]) -> str:
    kind, *words = memory or ("", "the program")
    return " ".join(["process"] * (kind == "-p") + words)


def known_faults(gdb: Gdb) -> Iterator[Finding]:
    """Yield a note for each fault of this GDB's own that a user of gogdb can meet."""
    number = tuple(map(int, gdb.version.split(".")))
    for first, last, fault, advice in _FAULTS:
        if first <= number <= last:
            versions = f"{first[0]}.{first[1]} to {last[0]}.{last[1]}"
            yield Finding("note", f"known of GDB {versions}: {fault}", advice)


def _loading(gdb: Gdb) -> Finding:
    """Check whether gogdb and its packages load in the Python inside that GDB."""
    packages = "python import pygments, tabulate, wcwidth"
    output = _run(gdb, "-nx", *gdb_options.load(), "-ex", packages)
    lines = [line for line in output.splitlines() if not _GDBS_WARNING.match(line)]
    if not lines:
        place = paths.archive() or paths.gdbinit()
        return Finding("ok", f"{place} loads in it, with pygments, tabulate and wcwidth")
    message, _, advice = lines[0].removeprefix("gogdb: ").partition(": ")
    return Finding("not ok", message, advice)


def _tracing(gdb: Gdb) -> Iterator[Finding]:
    """Check whether GDB may run a program by running one: too many things can forbid it."""
    program = shutil.which("true") or sys.executable
    output = _run(gdb, "-nx", "-ex", "starti", "-ex", "print $pc", program)
    if not re.search(r"^\$1 = ", output, re.MULTILINE):
        lines = output.splitlines()
        reasons = [line for line in lines if "not permitted" in line or "ptrace" in line]
        why = (reasons or lines or ["it printed nothing"])[-1].rstrip(".")
        yield Finding("not ok", f"GDB cannot run and trace a program ({why})", _permission())
        return
    yield Finding("ok", "GDB can run and trace a program")
    if "disabling address space randomization" in output:
        yield Finding(
            "note", "addresses differ from run to run", "the container forbids to turn that off"
        )
    scope = _ptrace_scope()
    if scope and not _may_ptrace():
        yield Finding("note", "GDB cannot attach to a running program (-p)", _permission())


def _safe_path(gdb: Gdb, go: Go | None) -> Iterator[Finding]:
    """Note that GDB's auto-load safe path excludes Go's script, which gogdb does not need."""
    if not go or not (root := go.environment().get("GOROOT")):
        return
    runtime = Path(root).resolve() / "src/runtime"
    output = _run(gdb, "-ex", "show auto-load safe-path")
    listed = re.search(r"is (?:\"?)([^\"\n]*?)\"?\.?$", output, re.MULTILINE)
    directories = [Path(path) for path in (listed[1] if listed else "").split(":") if path]
    if any(runtime.resolve().is_relative_to(path.resolve()) for path in directories):
        return
    yield Finding(
        "note",
        "GDB will not load Go's own runtime-gdb.py, which gogdb does not need",
        f"to load it too, put `add-auto-load-safe-path {runtime}` into ~/.gdbinit",
    )


def _permission() -> str:
    """Return what to do so that GDB may trace."""
    scope = _ptrace_scope()
    if scope == 3:
        return "kernel.yama.ptrace_scope is 3: set it to 1 or 0 in /etc/sysctl.d and restart"
    if scope == 2 or (scope == 1 and not _may_ptrace()):
        return f"kernel.yama.ptrace_scope is {scope}: as root, `sysctl kernel.yama.ptrace_scope=0`"
    return "in a container, start it with --cap-add=SYS_PTRACE --security-opt seccomp=unconfined"


def _ptrace_scope() -> int:
    """Return kernel.yama.ptrace_scope, 0 to 3 (Documentation/admin-guide/LSM/Yama.rst)."""
    try:
        return int(_PTRACE_SCOPE.read_text())
    except (OSError, ValueError):
        return 0  # the kernel has no Yama


def _may_ptrace() -> bool:
    """Report whether this process has the capability CAP_SYS_PTRACE."""
    effective = re.search(r"^CapEff:\s*(\w+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    return bool(effective and int(effective[1], 16) & _CAP_SYS_PTRACE)


def _run(gdb: Gdb, *arguments: str) -> str:
    """Run GDB with these arguments and return all it prints, warnings and errors included."""
    command = [str(gdb.path), "-q", "-batch", "-iex", "set debuginfod enabled off", *arguments]
    return output_of(command).strip()
