"""Which GDB and Go gogdb chooses, and the errors for those that it cannot use."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from gogdb.errors import GogdbError
from gogdb.launch import tools
from tests.support import fake_tools


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without the machine's GDB and Go, and a virtual environment without ours."""
    directory = tmp_path / "bin"
    directory.mkdir()
    (directory / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv/bin/python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "venv/lib"))
    for variable in ("GOGDB_GDB", "GOGDB_GO"):
        monkeypatch.delenv(variable, raising=False)
    return directory


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("warning: Couldn't determine a path for the index cache.\nGNU gdb (GDB) 16.3", "16.3"),
        ("GNU gdb (Debian 13.1-3) 13.1", "13.1"),
        ("GNU gdb (GDB) 18.1", "18.1"),
        ("GNU gdb (Ubuntu 12.1-0ubuntu1~22.04.2) 12.1", "12.1"),
        ("GNU gdb (GDB) Red Hat Enterprise Linux 14.2-3.el9", "14.2"),
        ("GNU gdb (GDB; openSUSE Tumbleweed) 15.2", "15.2"),
        ("GNU gdb (GDB) 18.0.50.20260101-git", "18.0"),
    ],
)
def test_gdb_version(tmp_path: Path, banner: str, version: str) -> None:
    gdb = tools.probe_gdb(fake_tools.gdb(tmp_path / "gdb", banner))
    assert (gdb.version, gdb.python) == (version, "3.11.2")


@pytest.mark.parametrize(
    ("banner", "python", "message"),
    [
        ("GNU gdb (GDB) 11.2", "python 3.11.2", "GDB 11.2: gogdb needs GDB 12 or newer"),
        (fake_tools.DEBIAN, "python 3.9.1", "Python 3.9.1: gogdb needs 3.11 or newer inside GDB"),
        (
            fake_tools.DEBIAN,
            "Python scripting is not supported in this copy of GDB.",
            "GDB 13.1 without Python: gogdb needs GDB with Python",
        ),
        (
            "error while loading libpython",
            "",
            "is not a GDB that runs: error while loading libpython",
        ),
    ],
)
def test_a_gdb_that_cannot_be_used(tmp_path: Path, banner: str, python: str, message: str) -> None:
    with pytest.raises(GogdbError) as caught:
        tools.probe_gdb(fake_tools.gdb(tmp_path / "gdb", banner, python))
    assert str(caught.value).endswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("go1.19", "1.19"),
        ("go1.19.8", "1.19.8"),
        ("go1.28rc1", "1.28rc1"),
        ("devel go1.28-3f4ab1c Mon Nov 2", "1.28-3f4ab1c"),
        ("go1.27.3 X:nodwarf5", "1.27.3"),
    ],
)
def test_go_version(tmp_path: Path, printed: str, version: str) -> None:
    assert tools.probe_go(fake_tools.go(tmp_path / "go", printed)).version == version


def test_a_go_that_is_too_old(tmp_path: Path) -> None:
    with pytest.raises(GogdbError, match=r"is Go 1\.18\.1: gogdb needs go1\.19 or newer"):
        tools.probe_go(fake_tools.go(tmp_path / "go", "go1.18.1"))


def test_the_machines_gdb_is_preferred(path: Path, tmp_path: Path) -> None:
    fake_tools.gdb(tmp_path / "venv/bin/gdb")
    on_path = fake_tools.gdb(path / "gdb")
    assert tools.find_gdb().path == on_path


def test_ours_are_used_if_the_machines_are_too_old(path: Path, tmp_path: Path) -> None:
    ours = fake_tools.gdb(tmp_path / "venv/bin/gdb"), fake_tools.go(tmp_path / "venv/lib/go/bin/go")
    fake_tools.gdb(path / "gdb", "GNU gdb (GDB) 9.2")
    fake_tools.go(path / "go", "go1.13")
    assert (tools.find_gdb().path, tools.find_go().path) == ours
    assert tools.missing_extras() == []


@pytest.mark.usefixtures("path")
def test_no_gdb_at_all() -> None:
    with pytest.raises(GogdbError, match=r"^no GDB that gogdb can use: install gdb, or"):
        tools.find_gdb()
    assert tools.missing_extras() == ["gdb", "go"]


def test_no_gdb_that_can_be_used(path: Path) -> None:
    fake_tools.gdb(path / "gdb", "GNU gdb (GDB) 9.2")
    with pytest.raises(
        GogdbError, match=r"no GDB that gogdb can use \(.*/gdb is GDB 9\.2\): install"
    ):
        tools.find_gdb()


def test_a_gdb_that_is_named(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tools.gdb(path / "gdb")
    chosen = fake_tools.gdb(tmp_path / "chosen", "GNU gdb (GDB) 18.1")
    assert tools.find_gdb(str(chosen)).path == chosen
    monkeypatch.setenv("GOGDB_GDB", str(chosen))
    assert tools.find_gdb().path == chosen
    assert tools.find_gdb("gdb").path == path / "gdb"


def test_a_gdb_that_is_named_is_never_replaced(path: Path, tmp_path: Path) -> None:
    fake_tools.gdb(path / "gdb")
    old = fake_tools.gdb(tmp_path / "old", "GNU gdb (GDB) 9.2")
    with pytest.raises(GogdbError, match="is GDB 9"):
        tools.find_gdb(str(old))
    with pytest.raises(GogdbError, match="nowhere is not an executable file: give --gdb a path"):
        tools.find_gdb("nowhere")


def test_go_builds_with_its_own_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOROOT", "/elsewhere")
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    (tmp_path / "tree/src/runtime").mkdir(parents=True)
    environment = tools.probe_go(fake_tools.go(tmp_path / "tree/bin/go")).environment()
    assert environment["GOROOT"] == str(tmp_path / "tree")
    assert (environment["GOTOOLCHAIN"], environment["GOFLAGS"]) == ("local", "")
