"""`gogdb record` from the shell, and `go-boot report FILE.cast` in a live GDB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gogdb.boot.find import find_stage
from gogdb.boot.stages import STAGES
from gogdb.launch.tools import Gdb
from tests.support.casts import read_cast
from tests.support.session import Open, Session


def gogdb(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gogdb", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("lang", "title"), [("en", "How a Go program boots"), ("zh", "Go 程序")])
def test_a_program_is_recorded_from_the_shell(
    gdb: Gdb, boot: Path, tmp_path: Path, lang: str, title: str
) -> None:
    path = tmp_path / "boot.cast"
    done = gogdb("record", boot, "-o", path, "--gdb", gdb.path, "--lang", lang, "--width", "120")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"28 stages written to {path}\n")
    recorded = read_cast(path.read_text(encoding="utf-8"))
    assert recorded.size == (120, 30)
    assert recorded.markers == [*(f"{s.number} {s.id}" for s in STAGES), "summary"]
    assert recorded.header["title"].startswith(title)


def test_a_saved_walk_is_recorded_without_gdb(booting: Session, tmp_path: Path) -> None:
    """The same walk is played alike, from GDB and from its file."""
    saved, path, direct = (tmp_path / name for name in ("walk.json", "walk.cast", "direct.cast"))
    booting.run("go-boot until gogo-sp")
    stages = find_stage("gogo-sp").number
    booting.run(f"go-boot report {saved}")
    booting.run("set width 100")
    booting.run("set height 30")
    assert booting.run(f"go-boot report {direct}") == f"{stages} stages written to {direct}\n"
    done = gogdb("record", saved, "-o", path, "--lang", "en", "--gdb", "/nowhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{stages} stages written to {path}\n"
    assert path.read_bytes() == direct.read_bytes()
    assert len(read_cast(path.read_text(encoding="utf-8")).markers) == stages + 1


def test_arguments_are_shown_and_environment_values_are_not(
    open_gdb: Open, boot: Path, tmp_path: Path
) -> None:
    session = open_gdb(boot)
    session.run("set exec-wrapper env -i SECRET=swordfish")
    session.run("go-boot step")
    for name, options in (("walk.cast", ""), ("walk.json", ""), ("walk.json", "--env")):
        session.run(f"go-boot report {tmp_path / name} {options}")
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert boot.name in text
        assert "swordfish" not in text
    session.run(f"go-boot report {tmp_path}/walk.cast --env")
    assert "SECRET=swordfish" in (tmp_path / "walk.cast").read_text(encoding="utf-8")


def test_failures_are_one_line_and_keep_the_old_file(gdb: Gdb, boot: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.cast"
    old.write_text("old")
    done = gogdb("record", tmp_path / "no.json", "-o", old)
    assert done.stderr.count("\n") == 1
    assert old.read_text() == "old"
    done = gogdb("record", boot, "-o", tmp_path / "no" / "x.cast", "--gdb", gdb.path)
    assert done.returncode == 1
    assert done.stderr == (f"gogdb: cannot write {tmp_path}/no/x.cast: No such file or directory\n")
