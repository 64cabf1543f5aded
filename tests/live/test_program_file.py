"""The file of the program: replaced, deleted, in another mount namespace, on another machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from gogdb.inferior.build import build_id
from gogdb.inferior.elf import ElfFile
from gogdb.launch.tools import Go
from tests.support.builds import DEBUG, Builds, Compile
from tests.support.gdbserver import listening
from tests.support.output import error_line, printed
from tests.support.parked import Park, attach
from tests.support.session import Open, Session

Answer = dict[str, Any]
Flags = tuple[str, ...]


EITHER = pytest.mark.parametrize(
    "flags", [(), ("-ldflags=-s -w",)], ids=["", "stripped"], indirect=True
)


@pytest.fixture
def flags(request: pytest.FixtureRequest) -> Flags:
    """Flags of both builds."""
    flags: Flags = getattr(request, "param", ())
    return flags


@pytest.fixture
def program(compiled: Compile, tmp_path: Path, flags: Flags) -> Path:
    """A copy of the parked program, which a test may replace."""
    return Path(shutil.copy(compiled("parked", *DEBUG, *flags), tmp_path / "program"))


@pytest.fixture
def other(compiled: Compile, flags: Flags) -> Path:
    """Another build of the parked program."""
    return compiled("parked", *flags)


def knows_g1(session: Session) -> bool:
    """Report whether $go_g(1) is the g that go-gmp lists."""
    listed = json.loads(session.run("go-gmp g --json"))["gs"]
    (address,) = (g["address"] for g in listed if g["goid"] == 1)
    return f") {address}" in session.run("p $go_g(1)")


def answer(session: Session, tmp_path: Path) -> Answer:
    """Return the goroutines that wait in main, and the frames of each."""
    out = tmp_path / "answer.json"
    for_main = "--status waiting --where main."
    assert session.run(f"go-gmp g {for_main} --json --out {out}") == ""
    listed = json.loads(out.read_text())
    assert [g["where"]["function"] for g in listed["gs"]].count("main.receives") == 1
    goids = " ".join(str(g["goid"]) for g in listed["gs"])
    assert session.run(f"go-stacks {goids} --json --out {out}") == ""
    return {"gs": listed["gs"], "stacks": json.loads(out.read_text())["goroutines"]}


def replace(program: Path, by: Path) -> None:
    """Put another file in the place of a program, as `go build` does."""
    new = program.with_suffix(".new")
    shutil.copy(by, new)
    new.rename(program)


@EITHER
def test_file_replaced_under_gdb(
    park: Park, open_gdb: Open, program: Path, other: Path, tmp_path: Path
) -> None:
    session = open_gdb(program)
    process = park(program)
    attach(session, process)
    before = answer(session, tmp_path)
    replace(program, other)
    assert answer(session, tmp_path) == before
    program.unlink()
    assert answer(session, tmp_path) == before
    assert knows_g1(session)
    session.run("detach")


@EITHER
def test_gdb_with_another_build(
    park: Park, open_gdb: Open, program: Path, other: Path, tmp_path: Path
) -> None:
    process = park(program)
    replace(program, other)
    session = open_gdb(program)
    session.quietly("set exec-file-mismatch off")  # GDB 18 would load the right file by itself
    attach(session, process)
    for command in ("go-gmp", "go-stacks --all --json", "p $go_goid()", "go-boot list"):
        assert error_line(session.run(command)) == (
            f"{program} is not the program that runs (GDB has read the symbols of another "
            f"build): use `file /proc/{process.pid}/exe`, or `set gogdb mismatch warn` to go on"
        )
    session.quietly("set gogdb mismatch warn")
    first, second = session.run("go-gmp p"), session.run("go-gmp p")
    assert first.startswith(f"warning: {program} is not the program that runs (")
    assert not second.startswith("warning: ")
    assert "GDB has read the symbols of another" in second
    assert "mismatch" not in session.run("show gogdb mismatch").replace("the mismatch", "")
    session.quietly("set gogdb mismatch refuse")
    session.run("set confirm off")
    session.run(f"file /proc/{process.pid}/exe")
    loaded = answer(session, tmp_path)
    session.run("detach")
    fresh = open_gdb()
    attach(fresh, process)
    assert answer(fresh, tmp_path)["gs"] == loaded["gs"]
    fresh.run("detach")


@EITHER
def test_deleted_file_that_gdb_never_had(
    park: Park, open_gdb: Open, program: Path, tmp_path: Path
) -> None:
    session, later = open_gdb(program), open_gdb()
    process = park(program)
    attach(session, process)
    before = answer(session, tmp_path)
    session.run("detach")
    program.unlink()
    attach(later, process)
    assert answer(later, tmp_path) == before
    later.run("detach")


@pytest.mark.parametrize("build_id", ["", "redacted"])
def test_core_of_another_build(
    park: Park, open_gdb: Open, compiled: Compile, tmp_path: Path, build_id: str
) -> None:
    """With one build id for all builds, what the linker wrote into the module data decides."""
    flags = [f"-ldflags=-buildid={build_id}"] if build_id else []
    program, other = compiled("parked", *DEBUG, *flags), compiled("parked", *flags)
    session = open_gdb(program)
    process = park(program)
    attach(session, process)
    before = answer(session, tmp_path)
    session.run(f"generate-core-file {tmp_path}/core")
    session.run("detach")
    right, wrong = open_gdb(program), open_gdb(other)
    right.run(f"core-file {tmp_path}/core")
    assert answer(right, tmp_path) == before
    wrong.run(f"core-file {tmp_path}/core")
    for command in ("go-gmp", "go-stacks --all --json", "go-gobuf g0"):
        output = error_line(wrong.run(command))
        assert output.startswith(f"{other} is not the program that left the core (")
        assert output.endswith(
            "): name the right one with `file`, or `set gogdb mismatch warn` to go on"
        )
    assert ("build id" in output) != bool(build_id)
    wrong.quietly("set gogdb mismatch warn")
    assert wrong.run("go-gmp p").startswith(f"warning: {other} is not the program that left")


@pytest.mark.parametrize("coredump_filter", ["0x33", "0x23"])
def test_build_with_sections_of_the_same_size(
    park: Park, open_gdb: Open, builds: Builds, either_go: Go, tmp_path: Path, coredump_filter: str
) -> None:
    """Before Go 1.24 a program has Go's build id only; with 0x23 a core lacks the page of both."""
    program, other = (
        builds.program("parked", either_go, (*DEBUG, f"-ldflags=-extldflags=-{unused}"))
        for unused in "ab"
    )
    assert sizes(program) == sizes(other)
    right, wrong = open_gdb(program), open_gdb(other)
    process = park(program)
    Path(f"/proc/{process.pid}/coredump_filter").write_text(coredump_filter)
    attach(right, process)
    before = answer(right, tmp_path)
    right.run(f"generate-core-file {tmp_path}/core")
    right.run("detach")
    wrong.run(f"core-file {tmp_path}/core")
    output = error_line(wrong.run("go-gmp"))
    assert output.startswith(f"{other} is not the program that left the core (")
    ids = "GNU build id" if has_gnu_build_id(program) else "Go build id"
    assert (ids if coredump_filter == "0x33" else ".go.buildinfo in memory") in output
    right.run(f"core-file {tmp_path}/core")
    assert answer(right, tmp_path) == before


def sizes(program: Path) -> dict[str, int]:
    """Return the bytes of each section that is loaded."""
    elf = ElfFile.open(str(program))
    return {section.name: section.size for section in elf.sections if section.address}


def has_gnu_build_id(program: Path) -> bool:
    """Report whether a program has it, as Go's linker writes it since Go 1.24."""
    return ElfFile.open(str(program)).section(".note.gnu.build-id") is not None


@contextmanager
def mount_namespace(program: Path, decoy: Path, tmp_path: Path) -> Iterator[tuple[Path, Any]]:
    """Make a mount namespace in which a path leads to `program`; outside it leads to `decoy`.

    Yield the path, and a function that starts a command in the namespace.
    """
    place = tmp_path / "place"
    place.mkdir()
    shutil.copy(decoy, place / "program")
    mount = f"mount -t tmpfs none {place} && cp {program} {place}/program && exec "
    how = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    check = subprocess.run([*how, "sh", "-c", mount + "true"], capture_output=True, text=True)
    if check.returncode:
        pytest.skip(f"this machine forbids mount namespaces: {check.stderr.strip()}")
    command = tmp_path / "inside"
    command.write_text(f'#!/bin/sh\nexec {" ".join(how)} sh -c \'{mount}"$@"\' sh "$@"\n')
    command.chmod(0o755)
    yield place / "program", command


@EITHER
def test_other_mount_namespace(
    park: Park, open_gdb: Open, program: Path, other: Path, tmp_path: Path
) -> None:
    """Outside, another build has the path of the program."""
    with mount_namespace(program, other, tmp_path) as (path, inside):
        process = park(inside, path)
        session = open_gdb()
        attach(session, process)
        assert f"target:{path}" in session.run("info inferiors")
        assert [f["function"] for f in answer(session, tmp_path)["stacks"][0]["frames"]][-1] == (
            "runtime.goexit"
        )
        assert knows_g1(session)
        session.run("detach")


def test_files_of_another_machine(
    open_gdb: Open, gdbserver: Path, program: Path, other: Path, tmp_path: Path
) -> None:
    """A gdbserver whose files GDB sees only through it; the same path leads elsewhere here."""
    session = open_gdb()
    with (
        mount_namespace(program, other, tmp_path) as (path, inside),
        listening(inside, gdbserver, "--once", "localhost:0", path) as (_, port),
    ):
        session.run(f"target remote localhost:{port}")
        assert f"target:{path}" in session.run("info inferiors")
        session.run("break main.deep")
        session.run("continue")
        assert '"main.deep"' in session.run("go-stacks --json")
        assert printed(session, "$go_g(1).goid") == "1"
        session.close()


@pytest.mark.parametrize("how", ["gnu_debuglink", "symbol-file", "add-symbol-file"])
def test_separate_debug_file(
    park: Park, open_gdb: Open, program: Path, tmp_path: Path, how: str
) -> None:
    objcopy, strip = shutil.which("objcopy"), shutil.which("strip")
    if objcopy is None or strip is None:
        pytest.skip("no objcopy: apt install binutils")
    whole, debug = Path(shutil.copy(program, tmp_path / "whole")), tmp_path / "program.debug"
    subprocess.run([objcopy, "--only-keep-debug", program, debug], check=True)
    subprocess.run([strip, program], check=True)
    if how == "gnu_debuglink":
        subprocess.run([objcopy, f"--add-gnu-debuglink={debug}", program], check=True)
    first, session = open_gdb(whole), open_gdb(program)
    process = park(program)
    attach(first, process)
    before = answer(first, tmp_path)
    first.run("detach")
    attach(session, process)
    if how == "symbol-file":
        session.run(f"symbol-file {debug}")
    elif how == "add-symbol-file":
        session.quietly("set confirm off")
        session.run(f"add-symbol-file {debug}")
    assert answer(session, tmp_path) == before
    assert printed(session, "$go_g(1).goid") == "1"
    session.run("detach")


@pytest.fixture
def debuginfod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A debuginfod server for the GDBs that are started later; the directory that it serves."""
    served = tmp_path / "served"
    served.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=served)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("DEBUGINFOD_URLS", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("DEBUGINFOD_CACHE_PATH", str(tmp_path / "cache"))
        yield served
        server.shutdown()
        thread.join()


def test_debuginfod(
    debuginfod: Path, park: Park, open_gdb: Open, program: Path, tmp_path: Path
) -> None:
    """The debug file comes from a server, for a process and for a core."""
    objcopy, strip = shutil.which("objcopy"), shutil.which("strip")
    if objcopy is None or strip is None:
        pytest.skip("no objcopy: apt install binutils")
    whole = Path(shutil.copy(program, tmp_path / "whole"))
    if not (number := build_id(ElfFile.open(str(program)))):
        pytest.skip("this Go gives programs no GNU build id")
    place = debuginfod / "buildid" / number
    place.mkdir(parents=True)
    subprocess.run([objcopy, "--only-keep-debug", program, place / "debuginfo"], check=True)
    subprocess.run([strip, program], check=True)
    first, session, later = open_gdb(whole), open_gdb(), open_gdb()
    process = park(program)
    attach(first, process)
    before = answer(first, tmp_path)
    first.run(f"generate-core-file {tmp_path}/core")
    first.run("detach")
    for gdb in (session, later):
        if output := gdb.run("set debuginfod enabled on"):
            pytest.skip(f"this GDB asks no debuginfod server: {output.strip()}")
        gdb.run(f"file {program}")
    attach(session, process)
    later.run(f"core-file {tmp_path}/core")
    for gdb in (session, later):
        assert answer(gdb, tmp_path) == before
        assert printed(gdb, "$go_g(1).goid") == "1"
        assert f"{tmp_path}/cache/{number}" in gdb.value("[o.filename for o in gdb.objfiles()]")
    session.run("detach")
