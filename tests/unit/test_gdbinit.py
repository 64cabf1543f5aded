"""gdbinit.py, loaded into a Python that stands in for GDB's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gogdb import __version__
from gogdb.launch import paths

_GDB = """
import sys, types
gdb = sys.modules["gdb"] = types.ModuleType("gdb")
gdb.STDERR = 1
gdb.write = lambda text, stream=0: (sys.stderr if stream else sys.stdout).write(text)
before = list(sys.path)
def source(path):
    exec(compile(open(path).read(), path, "exec"), {"gdb": gdb, "__name__": "__main__"})
"""
_COMMANDS = """
calls = 0
def register():
    global calls
    calls += 1
    print('registered from', __file__)
    return calls == 1
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without .venv; registering its commands only prints where from."""
    return _checkout(tmp_path / "checkout")


def _checkout(place: Path) -> Path:
    package = Path(paths.__file__).parent.parent
    (place / "gogdb/commands").mkdir(parents=True)
    for name in ("__init__.py", "errors.py", "dependencies.py", "load.py", "loading.py"):
        shutil.copy(package / name, place / "gogdb")
    (place / "gogdb/commands/__init__.py").write_text(_COMMANDS)
    (place / "Makefile").touch()
    shutil.copy(paths.gdbinit(), place)
    return place


def _install(site: Path) -> Path:
    """Create the three packages so that they can be found but not imported."""
    for name in ("pygments", "tabulate", "wcwidth"):
        (site / name).mkdir(parents=True)
        (site / name / "__init__.py").write_text("raise Exception('imported on load')\n")
    return site


def run(script: str) -> tuple[str, str]:
    """Return what a Python without any packages writes to standard output and standard error."""
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", _GDB + script],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr


def test_a_checkout_loads_and_finds_the_packages_in_its_venv(checkout: Path) -> None:
    site = _install(checkout / ".venv/lib/python3.99/site-packages")
    out, err = run(f"source('{checkout}/gdbinit.py'); print(sys.path == before + ['{site}'])")
    assert out == f"registered from {checkout}/gogdb/commands/__init__.py\nTrue\n"
    assert err == ""


def test_an_installed_package_loads(checkout: Path, tmp_path: Path) -> None:
    site = _install(tmp_path / "site-packages")
    shutil.copytree(checkout / "gogdb", site / "gogdb")
    shutil.copy(checkout / "gdbinit.py", site / "gogdb")
    out, err = run(f"source('{site}/gogdb/gdbinit.py'); print(sys.path == before + ['{site}'])")
    assert out == f"registered from {site}/gogdb/commands/__init__.py\nTrue\n"
    assert err == ""


def test_packages_of_gdbs_own_python_are_preferred(checkout: Path, tmp_path: Path) -> None:
    _install(checkout / ".venv/lib/python3.99/site-packages")
    own = _install(tmp_path / "own")
    out, err = run(
        f"sys.path.append('{own}'); before = list(sys.path)\n"
        f"source('{checkout}/gdbinit.py'); print(sys.path == before)"
    )
    assert out.endswith("True\n")
    assert err == ""


def test_missing_packages_are_one_line(checkout: Path) -> None:
    out, err = run(f"source('{checkout}/gdbinit.py')")
    assert out.startswith("registered")
    assert err == (
        "gogdb: GDB's Python has no pygments and no tabulate and no wcwidth: "
        f"run `make -C {checkout} setup`, then source gdbinit.py again\n"
    )


def test_sourced_twice(checkout: Path) -> None:
    _install(checkout / ".venv/lib/python3.99/site-packages")
    out, err = run(f"source('{checkout}/gdbinit.py')\n" * 2)
    assert out == f"registered from {checkout}/gogdb/commands/__init__.py\n" * 2
    assert err == ""


@pytest.mark.parametrize("again", ["source('{other}/gdbinit.py')", "import gogdb.load"])
def test_loaded_again_from_another_place(checkout: Path, tmp_path: Path, again: str) -> None:
    _install(checkout / ".venv/lib/python3.99/site-packages")
    other = _checkout(tmp_path / "other")
    script = f"source('{checkout}/gdbinit.py')\nsys.path.insert(0, '{other}')\n"
    out, err = run(script + again.format(other=other))
    registered = f"registered from {checkout}/gogdb/commands/__init__.py\n" * 2
    assert out == f"{registered}gogdb {__version__} is loaded already, from {checkout}\n"
    assert err == ""


def test_imported_by_a_relative_path(checkout: Path) -> None:
    """What is imported later is found from another directory."""
    _install(checkout / ".venv/lib/python3.99/site-packages")
    with zipfile.ZipFile(checkout / "gogdb.zip", "w") as opened:
        for file in (checkout / "gogdb").rglob("*.py"):
            opened.write(file, file.relative_to(checkout))
    out, err = run(
        f"import os\nos.chdir('{checkout}')\nsys.path[:0] = ['gogdb.zip', 'pygments']\n"
        "import gogdb.load\nos.chdir('/')\nprint(sys.path[:2])\nprint(gogdb.errors.__file__)\n"
    )
    archive = f"{checkout}/gogdb.zip"
    assert out == (
        f"registered from {archive}/gogdb/commands/__init__.py\n"
        f"['{archive}', 'pygments']\n{archive}/gogdb/errors.py\n"
    )
    assert err.count("\n") == 1  # the archive lacks the packages


def test_sourced_through_a_symbolic_link(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "link.py").symlink_to(checkout / "gdbinit.py")
    out, _ = run(f"source('{tmp_path}/link.py')")
    assert out.startswith("registered")


def test_a_failure_is_one_line(checkout: Path) -> None:
    (checkout / "gogdb/commands/__init__.py").write_text("1 / 0\n")
    out, err = run(f"source('{checkout}/gdbinit.py')")
    assert (out, err) == ("", "gogdb: cannot load: division by zero\n")


def test_an_old_python_is_one_line(checkout: Path) -> None:
    out, err = run(f"sys.version_info = (3, 9, 1)\nsource('{checkout}/gdbinit.py')")
    assert out == ""
    assert err.startswith("gogdb: cannot load: this GDB has Python 3.9, and gogdb needs 3.11")
    assert err.count("\n") == 1
