"""`gogdb atlas` from the shell: Gos at hand are built with, walked and put on one page."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gogdb.launch.gos import gos_at_hand
from gogdb.launch.tools import Gdb, Go
from gogdb.runtime.goversion import GoVersion, parse
from tests.support import gdb_log
from tests.support.atlases import cards_in
from tests.support.reports import Page


def launch(gdb: Gdb, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gogdb", "--gdb", gdb.path, "atlas", *words]
    return gdb_log.run(command, env={**os.environ, "LC_ALL": "C.UTF-8"})


def release(go: Go) -> GoVersion:
    found = parse(f"go{go.version}")
    assert found is not None
    return found


def test_atlas_of_two_gos(gdb: Gdb, go: Go, tmp_path: Path) -> None:
    """A Go that cannot build is named and left out; Gos are walked in the order of releases."""
    oldest = min([go, *gos_at_hand(())], key=release)
    if release(oldest) == release(go):
        pytest.skip("there is one Go only: apt install golang-1.19-go")
    broken = tmp_path / "go"
    broken.write_text('#!/bin/sh\n[ "$1" = version ] && echo go version go1.999 linux/amd64\n')
    broken.chmod(0o755)
    out = tmp_path / "atlas.html"
    paths = [f"--go={path}" for path in (go.path, broken, oldest.path)]
    done = launch(gdb, "-o", out, *paths)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out} written, of 2 releases\n"
    assert done.stderr.splitlines() == [
        f"Go {oldest.version} ({oldest.path}): walked",
        f"Go {go.version} ({go.path}): walked",
        f"Go 1.999 ({broken}): left out: cannot build fixture boot with Go 1.999: go build failed",
    ]
    page = Page(out.read_text(encoding="utf-8"))
    assert all(len(cards) == 2 for cards in cards_in(page))
    assert f"go{oldest.version}" in page.by_id("releases").text
