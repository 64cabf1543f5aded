"""A program in a container: pid, mount and user namespaces of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.process import running

__all__ = ["child_of", "contained"]

_UNSHARE = ("unshare", "--user", "--map-root-user", "--pid", "--mount", "--fork", "--kill-child")


@contextmanager
def contained(program: Path, place: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a program that prints "parked" from a file that only its mount namespace has.

    The file is in the directory `place`, which stays empty outside. Yield what started it, with its
    pipes, and its process id outside. Skip the test where namespaces are not permitted.
    """
    # The kernel spares the first process of a namespace the signals that would end others
    script = f"mount -t tmpfs none {place} && cp {program} {place} && {place}/{program.name}; :"
    with running(*_UNSHARE, "sh", "-c", script) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "parked\n":
            assert process.stderr is not None
            pytest.skip(f"this machine permits no namespaces: {process.stderr.read().strip()}")
        yield process, child_of(child_of(process.pid))


def child_of(pid: int) -> int:
    """Return the id of a process's only child."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())
