"""Sourcing gdbinit.py in a real GDB."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import gogdb
from gogdb.launch import debugger
from gogdb.launch.tools import Gdb
from tests.support import gdb_log
from tests.support.gdb_command import execute

Batch = Callable[..., subprocess.CompletedProcess[str]]

_EXISTS = ("-ex", "help go-boot")
_NO_PACKAGES = "python import sys; sys.path[:] = [p for p in sys.path if '-packages' not in p]"


def loaded(done: subprocess.CompletedProcess[str]) -> None:
    """Check that the command exists, and that loading printed no error."""
    assert done.stderr == ""
    assert "Usage: go-boot" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("directory", ["/", "checkout"])
def test_sourced_from_any_directory(batch: Batch, gdbinit: Path, directory: str) -> None:
    here, name = (Path("/"), gdbinit) if directory == "/" else (gdbinit.parent, gdbinit.name)
    loaded(batch("-ex", f"source {name}", *_EXISTS, cwd=here))


def test_sourced_twice(batch: Batch, gdbinit: Path) -> None:
    loaded(batch("-ex", f"source {gdbinit}", "-ex", f"source {gdbinit}", *_EXISTS))


def test_sourced_by_another_script(batch: Batch, gdbinit: Path, tmp_path: Path) -> None:
    """`__file__` is then that script."""
    script = tmp_path / "mine.py"
    script.write_text(f"import gdb\ngdb.execute('source {gdbinit}')\n")
    loaded(batch("-x", script, *_EXISTS))


def test_sourced_from_another_copy(batch: Batch, gdbinit: Path, tmp_path: Path) -> None:
    copy = _copy(gdbinit, tmp_path)
    loaded(batch("-ex", f"source {gdbinit}", "-ex", f"source {copy}", *_EXISTS))


def test_sourced_before_and_after_file(batch: Batch, gdbinit: Path, boot: Path) -> None:
    source, file = ("-ex", f"source {gdbinit}"), ("-ex", f"file {boot}")
    for order in (source + file, file + source, source + file + source):
        loaded(batch("-iex", "set auto-load python-scripts off", *order, *_EXISTS))


def test_loading_prints_nothing(batch: Batch, gdbinit: Path) -> None:
    done = batch("-x", gdbinit)
    assert (done.stdout, done.stderr) == ("", "")


_FUNCTION = re.compile(r"\$(go_\w+) = <internal function \1>")


def test_loading_changes_no_setting(batch: Batch, gdbinit: Path) -> None:
    for question in ("show", "info signals", "info auto-load", "info breakpoints"):
        commands = (
            f"python before = gdb.execute('{question}', to_string=True).splitlines()",
            f"source {gdbinit}",
            f"python after = gdb.execute('{question}', to_string=True).splitlines()",
            r"python print(*sorted(set(before) ^ set(after)), sep='\n')",
        )
        done = batch(*execute(commands))
        # the settings and functions of gogdb are new; a "convenience: " that moved is there twice
        lines = Counter(line.removeprefix("convenience:  ") for line in done.stdout.split("\n"))
        new = [line for line, count in lines.items() if count % 2 and line]
        assert [line for line in new if "gogdb" not in line and not _FUNCTION.match(line)] == []
        assert done.stderr == ""


def test_packages_are_imported_late(batch: Batch, gdbinit: Path) -> None:
    names = "{'pygments', 'tabulate', 'wcwidth'}"
    done = batch("-x", gdbinit, "-ex", f"python import sys; print({names} & sys.modules.keys())")
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("go-boot unt", ["until"]),
        ("go-boot until gogo-s", ["until gogo-sp"]),
        ("go-boot follow 1 m0", []),
        ("go-boot follow 1 mor", ["follow 1 morestack"]),
        ("go-gmp --re", ["--reason"]),
        ("go-stacks --all m0.g", ["--all m0.g0", "--all m0.gsignal"]),
        ("go-stacks --status run", ["--status runnable", "--status running"]),
    ],
)
def test_completion_of_a_line(
    batch: Batch, gdbinit: Path, boot: Path, line: str, completed: list[str]
) -> None:
    words = ("-iex", "set auto-load python-scripts off", "-x", gdbinit, "-ex", f"complete {line}")
    done = batch(*words, boot)
    command = line.split()[0]
    assert done.stdout.splitlines() == [f"{command} {words}" for words in completed]
    assert done.stderr == ""


def test_missing_packages_are_named(batch: Batch, gdbinit: Path, tmp_path: Path) -> None:
    copy = _copy(gdbinit, tmp_path)
    done = batch("-ex", _NO_PACKAGES, "-ex", f"source {copy}", *_EXISTS)
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("gogdb: GDB's Python has no pygments")
    assert "Usage: go-boot" in done.stdout


def test_session_passes_on_arguments(gdb: Gdb, boot: Path) -> None:
    command = debugger.session(gdb, ["--args", str(boot), "one", "two"])
    command[1:1] = ["-nx", "-batch", "-iex", "set auto-load python-scripts off"]
    done = gdb_log.run([*command[:-4], *_EXISTS, "-ex", "show args", *command[-4:]])
    loaded(done)
    assert '"one two"' in done.stdout


def _copy(gdbinit: Path, place: Path) -> Path:
    """Copy gogdb to another directory, without `.venv`."""
    package = Path(gogdb.__file__).parent
    shutil.copytree(package, place / "gogdb", ignore=shutil.ignore_patterns("__pycache__"))
    return Path(shutil.copy(gdbinit, place))
