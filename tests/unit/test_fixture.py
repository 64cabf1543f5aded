"""Building fixtures with a fake Go that only records how it was run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gogdb.errors import GogdbError
from gogdb.launch import fixture, paths
from gogdb.launch.tools import Go


@pytest.fixture
def go(tmp_path: Path) -> Go:
    """A fake Go whose programs contain the command line that built them."""
    path = tmp_path / "go"
    path.write_text(
        '#!/bin/sh\nall="$*"\nwhile [ "$1" != -o ]; do shift; done\n'
        'echo "$GOOS/$GOARCH $all" >"$2"\n'
        f'echo x >>"{tmp_path}/builds"\n'
    )
    path.chmod(0o755)
    return Go(path, "1.27.3")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/gogdb"


def builds(go: Go) -> int:
    """Return how often the fake Go built a program."""
    return len((go.path.parent / "builds").read_text().split())


def test_names_and_descriptions() -> None:
    names = fixture.names()
    assert {"boot", "bpclobber", "cgo", "chat", "net"} <= names.keys()
    assert names["boot"] == "The program of the guided boot"
    assert names["chat"] == "A chat server that stops answering, though Go reports no deadlock"


def test_a_fixture_is_built_once(go: Go, cache: Path) -> None:
    first = fixture.build("boot", go)
    assert first.name == "boot"
    assert cache in first.parents
    assert fixture.build("boot", go) == first
    assert builds(go) == 1
    assert first.read_text().startswith("linux/amd64 build -buildvcs=false -gcflags -N -l -o ")


def test_a_fixture_is_built_again_after_a_change(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "fixtures"
    shutil.copytree(paths.fixtures(), sources)
    monkeypatch.setattr(paths, "fixtures", lambda: sources)
    programs = {fixture.build("boot", go), fixture.build("boot", go, flags=())}
    with (sources / "boot/main.go").open("a") as source:
        source.write("// more\n")
    programs.add(fixture.build("boot", go))
    programs.add(fixture.build("boot", Go(go.path, "1.26.6")))
    assert len(programs) == 4
    assert builds(go) == 4


def test_output_path(go: Go, tmp_path: Path) -> None:
    assert fixture.build("boot", go, tmp_path / "deep/program") == tmp_path / "deep/program"
    assert fixture.build("boot", go, tmp_path) == tmp_path / "boot"
    assert not list(tmp_path.glob(".building-*"))


def test_unknown_fixture(go: Go) -> None:
    with pytest.raises(GogdbError, match=r"^no fixture boat: there are boot, "):
        fixture.build("boat", go)


def test_a_failing_build_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "go"
    path.write_text("#!/bin/sh\nprintf '# runtime/cgo\\ncgo: no gcc\\nmore\\n' >&2\nexit 1\n")
    path.chmod(0o755)
    with pytest.raises(GogdbError) as caught:
        fixture.build("cgo", Go(path, "1.27.3"))
    assert str(caught.value) == "cannot build fixture cgo with Go 1.27.3: cgo: no gcc"


def test_an_output_that_cannot_be_written(go: Go, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GogdbError, match=r"cannot write .*: Not a directory|File exists"):
        fixture.build("boot", go, tmp_path / "file/boot")


def test_an_output_that_is_no_file(go: Go, tmp_path: Path) -> None:
    """It is not replaced by the program; of a symbolic link the target is."""
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(GogdbError, match=rf"^cannot write {name}: it is not a file$"):
            fixture.build("boot", go, name)
        assert not name.is_file()
    (tmp_path / "link").symlink_to("program")
    fixture.build("boot", go, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "program").is_file()
