"""Go's code in shared libraries and archives, and several runtimes in one process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gogdb.launch.tools import Go, probe_go
from tests.live.conftest import OLDEST
from tests.support.builds import DEBUG, Builds, Compile
from tests.support.output import error_line, printed
from tests.support.parked import Park, attach
from tests.support.places import PROGRAMS
from tests.support.session import Open


def library(compiled: Compile, mode: str, *flags: str) -> Path:
    """Build the Go library; skip the test without a C compiler."""
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler: apt install gcc")
    return compiled("library", f"-buildmode={mode}", *flags)


def host(tmp_path: Path, *arguments: str) -> Path:
    """Compile the C program that calls the library."""
    source = PROGRAMS / "library" / "host" / "host.c"
    subprocess.run(["gcc", "-g", "-o", tmp_path / "host", source, *arguments], check=True)
    return tmp_path / "host"


@pytest.mark.parametrize("how", ["linked", "stripped", "loaded", "python", "archive"])
def test_go_library(
    park: Park, open_gdb: Open, compiled: Compile, tmp_path: Path, how: str
) -> None:
    """Go's code is in a shared library, or in a main executable that begins as C's."""
    flags = ["-ldflags=-s -w"] if how == "stripped" else []
    built = library(compiled, "c-archive" if how == "archive" else "c-shared", *flags)
    if how == "archive":
        command = [host(tmp_path, "-x", "none", str(built), "-lpthread")]
    elif how in ("linked", "stripped"):
        shared = shutil.copy(built, tmp_path / "libpark.so")
        command = [host(tmp_path, str(shared), f"-Wl,-rpath,{tmp_path}")]
    elif how == "loaded":
        command = [host(tmp_path, "-DLOAD", "-ldl", "-lpthread"), built]
    else:
        call = f"import ctypes; ctypes.CDLL({str(built)!r}).Park()"
        command = [Path(sys.executable), *map(Path, ("-c", call))]
    session = open_gdb()
    process = park(*command)
    attach(session, process)
    out = tmp_path / "answer.json"
    assert session.run(f"go-gmp g --where main. --json --out {out}") == ""
    listed = json.loads(out.read_text())["gs"]
    assert len(listed) == 2  # the other one, Park, may not wait yet
    goid = next(g["goid"] for g in listed if g["where"]["function"] == "main.receives")
    frames = session.run(f"go-stacks {goid}")
    assert "main.receives" in frames
    assert "runtime.goexit" in frames
    if how != "stripped":
        assert printed(session, f"$go_g({goid}).goid") == str(goid)
    if how != "archive":
        assert "is not the main executable" in error_line(session.run("go-boot"))
    session.run(f"generate-core-file {tmp_path}/core")
    session.run("detach")
    core = open_gdb(Path(os.path.realpath(command[0])))
    core.run(f"core-file {tmp_path}/core")
    assert core.run(f"go-gmp g --where main. --json --out {out}") == ""
    assert json.loads(out.read_text())["gs"] == listed


def test_runtime_in_a_shared_library(open_gdb: Open, tmp_path: Path) -> None:
    """A program built with -linkshared; C has the same sections and symbols in a second."""
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler: apt install gcc")
    program, runtime = tmp_path / "program", tmp_path / "libruntime.so"
    tlsg = '__thread long tlsg __asm__("runtime.tlsg");'
    build_info = '__attribute__((section(".go.buildinfo"))) char info[64];'
    compile_c(tlsg, runtime, "-shared", "-fPIC")
    compile_c(f"extern {tlsg} {build_info} int main(void) {{ return tlsg; }}", program, runtime)
    session = open_gdb(program)
    for command in ("go-gmp", "go-boot list"):
        assert error_line(session.run(command)) == (
            f"the runtime of {program} is in a shared library (-linkshared): GDB reads that after "
            "`run`, `attach` or `core FILE`; `go-boot` needs a build without -linkshared"
        )


def compile_c(code: str, output: Path, *options: str | Path) -> None:
    """Compile C code."""
    command = ["gcc", "-o", str(output), "-x", "c", "-", "-x", "none", *map(str, options)]
    subprocess.run(command, input=code, text=True, check=True)


def test_two_runtimes(park: Park, open_gdb: Open, builds: Builds, go: Go, tmp_path: Path) -> None:
    """Each of two libraries, of different Go releases, has a runtime with types of its own."""
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler: apt install gcc")
    if not OLDEST.exists():
        pytest.skip("no Go 1.19: apt install golang-1.19-go")
    flags = (*DEBUG, "-buildmode=c-shared")
    releases = {"first": go, "second": probe_go(OLDEST)}
    paths = {
        name: Path(shutil.copy(builds.program("library", release, flags), tmp_path / f"{name}.so"))
        for name, release in releases.items()
    }
    session = open_gdb(width=160)
    process = park(host(tmp_path, "-DLOAD", "-ldl", "-lpthread"), *paths.values())
    assert process.stdout is not None
    assert process.stdout.readline() == "parked\n"
    attach(session, process)
    assert "first.so" in session.run("go-gmp m").split("has 2 Go runtimes, and this is the one")[1]
    addresses = {}
    for name, release in releases.items():
        session.quietly(f"set gogdb runtime {name}.so")
        assert f"the file with {name}.so in its path" in session.run("show gogdb runtime")
        out = tmp_path / "answer.json"
        assert session.run(f"go-gmp --json --out {out}") == ""
        listed = json.loads(out.read_text())
        (note,) = (note for note in listed["notes"] if "Go runtimes" in note)
        other = next(path for each, path in paths.items() if each != name)
        assert note == (
            f"the process has 2 Go runtimes, and this is the one in {paths[name]}; "
            f"`set gogdb runtime PATH` shows another: {other}"
        )
        assert listed["go_version"] == f"go{release.version}"
        assert "several files have Go code" in session.run("go-gmp --expr")
        assert listed["problems"] == []
        (g,) = (g for g in listed["gs"] if g["where"]["function"] == "main.receives")
        assert "runtime.goexit" in session.run(f"go-stacks {g['goid']}")
        assert printed(session, f"$go_g({g['goid']}).goid") == str(g["goid"])
        size = int(session.value(f"gdb.parse_and_eval('$go_g({g['goid']})').type.target().sizeof"))
        addresses[name] = g["address"], size
    assert len({address for address, _ in addresses.values()}) == 2
    assert len({size for _, size in addresses.values()}) == 2
    session.quietly("set gogdb runtime third.so")
    assert error_line(session.run("go-gmp")) == (
        "no file with Go code has third.so in its path: `set gogdb runtime` chooses one of: "
        + ", ".join(map(str, paths.values()))
    )
    session.quietly("set gogdb runtime")
    assert json.loads(session.run("go-gmp p --json"))["go_version"] == f"go{go.version}"
    session.run("detach")


def test_current_goroutine_in_a_library(open_gdb: Open, compiled: Compile, tmp_path: Path) -> None:
    """The dynamic loader chooses where the library's thread-local variables are."""
    shared = shutil.copy(library(compiled, "c-shared"), tmp_path / "libpark.so")
    session = open_gdb(host(tmp_path, str(shared), f"-Wl,-rpath,{tmp_path}"))
    session.run("set breakpoint pending on")
    session.run("break main.receives")
    assert "main.receives" in session.run("run")
    (g,) = json.loads(session.run("go-stacks --json"))["goroutines"]
    assert g["frames"][0]["function"] == "main.receives"
    assert printed(session, "$go_goid()") == str(g["goid"])
    assert printed(session, "$go_curg().goid") == str(g["goid"])
