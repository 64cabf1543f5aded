"""The programs of fixtures/, built with the real Go; test_chat.py has the one that hangs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gogdb.launch import fixture, paths
from gogdb.launch.tools import Go

OUTPUT = {
    "boot": "40 + 2 = 42\n",
    "bpclobber": "BP was 0xbadf00d\n",
    "cgo": "40 + 2 = 42 and in C 42\n",
    "net": "40 + 2 = 42 and port 80 <nil>\n",
    "park": "the sum is 6\nthe sum is 10\n",
    "preempt": "it has run: true\n",
    "syscall": "one\ntwo\nthree\n",
}


def test_every_fixture_is_tested() -> None:
    assert fixture.names().keys() - OUTPUT.keys() == {"chat"}


@pytest.mark.parametrize("flags", [fixture.FLAGS, ("-gcflags", "all=-N -l"), ()], ids=" ".join)
@pytest.mark.parametrize("name", OUTPUT)
def test_output_of_each_fixture(
    build: Callable[..., Path], name: str, flags: tuple[str, ...]
) -> None:
    assert subprocess.check_output([build(name, flags)], text=True) == OUTPUT[name]


@pytest.mark.parametrize("name", fixture.names())
def test_each_fixture_passes_vet(go: Go, name: str) -> None:
    done = subprocess.run(
        [go.path, "vet", "./..."],
        cwd=paths.fixtures() / name,
        env=go.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if name == "bpclobber":  # it is wrong on purpose
        assert "frame pointer is clobbered before saving" in done.stderr
    else:
        assert (done.stderr, done.returncode) == ("", 0)
