"""`gogdb bundle`: one file with gogdb and the packages that it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

import gogdb
from gogdb.cli import main
from gogdb.launch import bundle, debugger, paths
from gogdb.launch.tools import Gdb

PACKAGE = Path(gogdb.__file__).parent
PACKAGES = ("gogdb", "jinja2", "markupsafe", "pygments", "tabulate", "wcwidth")
# Prints from where each package is imported; Python's own directories stay on the path
IMPORTS = f"""
import importlib, sys
sys.path.insert(0, "gogdb.zip")
for name in {(*PACKAGES, "gogdb.render.html", "gogdb.render.ansi")}:
    print(importlib.import_module(name).__file__)
from gogdb.i18n import tr, use_language
from gogdb.render.html.base import environment
with use_language("zh"):
    print(tr("What to type next:"))
environment(["en"]).get_template("report.html.j2")
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, alone in a directory with a blank in its name."""
    place = tmp_path_factory.mktemp("a directory") / "gogdb.zip"
    bundle.bundle(bundle.parts(), str(place))
    return place


def entries(archive: Path) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(archive) as opened:
        return opened.infolist()


def run(archive: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python without installed packages and with an empty environment, beside the archive."""
    return subprocess.run(
        [sys.executable, "-I", "-S", *words],
        cwd=archive.parent,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_same_bytes_twice(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The times and modes of the files, and the order of a directory, have no effect."""
    before = os.umask(0o077)
    try:
        copy = shutil.copytree(PACKAGE, tmp_path / "gogdb", copy_function=shutil.copyfile)
        monkeypatch.setattr(bundle, "__file__", str(copy / "launch/bundle.py"))
        bundle.bundle(bundle.parts()[::-1], str(tmp_path / "again.zip"))
    finally:
        os.umask(before)
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_entries_are_sorted_and_have_one_time_and_mode(archive: Path) -> None:
    found = entries(archive)
    names = [entry.filename for entry in found]
    assert names == sorted(set(names))
    assert {entry.date_time for entry in found} == {(1980, 1, 1, 0, 0, 0)}
    assert {oct(entry.external_attr >> 16) for entry in found} == {"0o100644"}


def test_source_date_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [bundle.Part("one", "1", "MIT", {"one.py": b""})]
    for word, date in (("1700000000", (2023, 11, 14, 22, 13, 20)), ("5", (1980, 1, 1, 0, 0, 0))):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", word)
        bundle.bundle(parts, str(tmp_path / "one.zip"))
        assert [entry.date_time for entry in entries(tmp_path / "one.zip")] == [date]


def test_a_source_date_epoch_that_is_no_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    assert main(["bundle", "-o", str(tmp_path)]) == 1
    expected = "gogdb: SOURCE_DATE_EPOCH is today: set it to seconds since 1970\n"
    assert capsys.readouterr().err == expected
    assert list(tmp_path.iterdir()) == []


def test_every_file_of_the_package_is_in_it(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        packed = {name: opened.read(name) for name in opened.namelist()}
    files = {
        path.relative_to(PACKAGE.parent).as_posix(): path.read_bytes()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len([name for name in files if not name.endswith(".py")]) > 70
    assert {name: packed.get(name) for name in files} == files
    assert packed["__main__.py"] == files["gogdb/__main__.py"]


def test_nothing_else_is_in_it(archive: Path) -> None:
    names = {entry.filename for entry in entries(archive)}
    assert {name.partition("/")[0] for name in names} == {"__main__.py", "licenses", *PACKAGES}
    assert {name for name in names if name.endswith((".so", ".pyc", ".c", ".pyi"))} == set()


def test_licences_are_listed_and_in_it(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bundle", "-o", str(tmp_path)]) == 0
    output = tmp_path / bundle.default_name()
    assert output.read_bytes() == archive.read_bytes()
    *rows, last = capsys.readouterr().out.splitlines()
    kib = f"{output.stat().st_size / 1024:,.0f}"
    assert last == f"{output} written, {kib} KiB; the licences are in it, below licenses/"
    assert [row.split()[0].lower() for row in rows] == sorted(PACKAGES)
    for row in rows:
        name, _, _, _, licence = row.split(maxsplit=4)
        assert licence.split()[0].startswith(("MIT", "BSD"))
        with zipfile.ZipFile(archive) as opened:
            texts = [entry for entry in opened.namelist() if entry.startswith(f"licenses/{name}/")]
            assert any(b"Copyright" in opened.read(text) for text in texts)


def test_packages_are_imported_from_it(archive: Path) -> None:
    done = run(archive, "-c", IMPORTS)
    assert done.stderr == ""
    *files, last = done.stdout.splitlines()
    assert {file.partition(os.sep)[0] for file in files} == {"gogdb.zip"}
    assert re.fullmatch("[\u4e00-\u9fff]+：", last)
    assert [path.name for path in archive.parent.iterdir()] == ["gogdb.zip"]


@pytest.mark.parametrize(
    ("words", "output", "error", "status"),
    [
        (("--version",), f"gogdb {gogdb.__version__}\n", "", 0),
        (
            ("demo",),
            "",
            "gogdb: gogdb.zip has no Go programs to build: name a program, or install gogdb with "
            "pip\n",
            1,
        ),
        (("bundle",), "", "gogdb: {archive} is a bundle itself: copy it\n", 1),
    ],
)
def test_the_command_from_it(
    archive: Path, words: Sequence[str], output: str, error: str, status: int
) -> None:
    done = run(archive, archive.name, *words)
    expected = (output, error.format(archive=archive), status)
    assert (done.stdout, done.stderr, done.returncode) == expected


def test_gdb_is_told_to_load_it(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_PACKAGE", archive / "gogdb")
    command = debugger.session(Gdb(Path("/usr/bin/gdb"), "18.1", "3.11.2"), ["-p", "42"])
    path = f"python import sys; sys.path.insert(0, '{archive}'); import "
    scripts = [word for word in command if word.startswith("python import sys")]
    assert scripts == [f"{path}gogdb.gdbhost.go_script", f"{path}gogdb.load"]
    assert command[command.index(scripts[0]) - 1] == "-iex"
    assert command[command.index(scripts[1]) - 1] == "-ex"
    assert command[-2:] == ["-p", "42"]


@pytest.mark.parametrize("name", ["__init__.py", "load.py", "loading.py", "__main__.py"])
def test_an_old_python_can_read_what_it_loads_first(name: str) -> None:
    """So that it can say that it is too old."""
    text = (PACKAGE / name).read_text(encoding="ascii")
    assert "from __future__" not in text
    assert not any(line.lstrip().startswith(("f'", 'f"')) for line in text.splitlines())
