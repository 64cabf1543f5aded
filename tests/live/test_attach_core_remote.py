"""One process, read in four ways: attached, over gdbserver, in GDB's core, in the kernel's core.

Each way gives the same answers about the goroutines that wait, and the words of their stacks are
those that /proc/PID/mem holds.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gogdb.inferior.elf import ElfFile
from tests.support.attaching import check_attached
from tests.support.builds import Compile
from tests.support.process import NotAllowedError, core_of, waiting_program
from tests.support.session import Open, Session

FILTER = "--status waiting --where main."


@pytest.fixture
def process(
    request: pytest.FixtureRequest, compiled: Compile, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose goroutines wait, and which may leave a core; the parameter: build flags."""
    work = tmp_path / "process"
    work.mkdir()
    with waiting_program(
        compiled("parked", *getattr(request, "param", ())), work, "crash", [], core=True
    ) as (process, _):
        yield process


def answers(session: Session, out: Path) -> dict[str, Any]:
    """Return the answers about the goroutines that wait, with every word of their stacks."""

    def ask(command: str) -> Any:
        assert session.run(f"{command} --json --out {out}") == ""
        return json.loads(out.read_text())

    listed = ask(f"go-gmp g {FILTER}")["gs"]
    goids = " ".join(str(g["goid"]) for g in listed)
    return {
        "gs": listed,
        "gobufs": ask(f"go-gobuf {goids}")["gobufs"],
        "stacks": ask(f"go-stacks {goids} --memory")["goroutines"],
    }


def check(answer: dict[str, Any], pid: int) -> None:
    """Compare the words in the answers with /proc/PID/mem."""
    assert len(answer["gs"]) == len(answer["gobufs"]) == len(answer["stacks"]) > 5
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:

        def word(address: int) -> str:
            return f"{int.from_bytes(memory.read(8), 'little'):#x}" if memory.seek(address) else ""

        for gobuf in answer["gobufs"]:
            assert gobuf["problems"] == []
            assert gobuf["registers"] is None
            at = int(gobuf["address"], 16)
            assert [word(at), word(at + 8)] == [gobuf["sp"], gobuf["pc"]]
            assert word(int(gobuf["return_slot"], 16)) == gobuf["returns_to"]
        for stack, gobuf in zip(answer["stacks"], answer["gobufs"], strict=True):
            assert stack["frames"][0]["sp"] == gobuf["sp"]
            assert stack["frames"][0]["pc"] == gobuf["pc"]
            assert stack["memory"]
            for one in stack["memory"]:
                assert word(int(one["address"], 16)) == one["value"]


BULK = (
    "python from gogdb.commands.session import session; target = session().stopped().target;"
    " at = target.registers()['rsp']; memory = target.bulk(); print(type(memory).__name__)"
)
PLACES = "[at + 64, at], [at + 128, at + 48]"
TOLD = "target.read(at + 64, 64) + target.read(at, 48)"


def bulk_reader(session: Session) -> str:
    """Return the class that reads many places at once; its reads must agree with GDB's."""
    who = session.run(BULK).strip()
    if who != "GdbTarget":
        assert session.value(f"memory.gather({PLACES}) == {TOLD}") == "True"
        assert session.value("memory.gather([at, 16], [at + 8, 24])") == "None"
    return who


def overwrite(core: Path, address: int, data: bytes) -> None:
    """Put other bytes into a core file."""
    file = ElfFile.open(str(core), core=True)
    (segment,) = (s for s in file.loaded if s.address <= address < s.address + s.file_size)
    file.close()
    with core.open("r+b") as out:
        out.seek(segment.offset + address - segment.address)
        out.write(data)


def test_bulk_reads_agree_with_gdb(
    process: subprocess.Popen[bytes], open_gdb: Open, gdbserver: Path, tmp_path: Path
) -> None:
    """A process of this machine, or a single core file, is read without going through GDB."""
    program = Path(f"/proc/{process.pid}/exe").resolve()
    native = open_gdb(program)
    check_attached(native.run(f"attach {process.pid}"))
    assert bulk_reader(native) == "ProcessMemory"
    native.run("record full")
    assert bulk_reader(native) == "GdbTarget"
    native.run("record stop")
    native.run(f"generate-core-file {tmp_path}/core")
    native.run("detach")

    remote = open_gdb(program)
    remote.run(f"target remote | {gdbserver} --attach - {process.pid}")
    assert bulk_reader(remote) == "GdbTarget"
    remote.run("detach")

    core = open_gdb(program)
    core.run(f"core-file {tmp_path}/core")
    assert bulk_reader(core) == "CoreMemory"
    # a second inferior with another core, which has other bytes at that address
    there = bytes.fromhex(core.value("target.read(at, 128).hex()"))
    shutil.copy(tmp_path / "core", tmp_path / "other")
    overwrite(tmp_path / "other", int(core.value("at")), bytes(128))
    core.run("add-inferior -no-connection")
    core.run("inferior 2")
    core.run(f"file {program}")
    core.run(f"core-file {tmp_path}/other")
    bulk_reader(core)
    assert core.value("target.read(at, 128).hex()") == bytes(128).hex()
    core.run("inferior 1")
    bulk_reader(core)
    assert core.value("target.read(at, 128).hex()") == there.hex()


@pytest.mark.parametrize("process", [(), ("-ldflags=-s -w",)], ids=["", "stripped"], indirect=True)
def test_every_way_gives_the_same_answers(
    process: subprocess.Popen[bytes], open_gdb: Open, gdbserver: Path, tmp_path: Path
) -> None:
    program = Path(f"/proc/{process.pid}/exe").resolve()
    out = tmp_path / "answer.json"

    native = open_gdb(program)
    check_attached(native.run(f"attach {process.pid}"))
    answer = answers(native, out)
    check(answer, process.pid)
    native.run(f"generate-core-file {tmp_path}/core")
    native.run("detach")

    remote = open_gdb(program)
    remote.run(f"target remote | {gdbserver} --attach - {process.pid}")
    assert answers(remote, out) == answer
    remote.run("detach")

    of_gdb = open_gdb(program)
    of_gdb.run(f"core-file {tmp_path}/core")
    assert answers(of_gdb, out) == answer

    assert process.poll() is None
    try:
        core = core_of(Path(), process, tmp_path / "process")
    except NotAllowedError as error:
        pytest.skip(f"this machine forbids {error}")
    of_kernel = open_gdb(program)
    of_kernel.run(f"core-file {core}")
    assert answers(of_kernel, out) == answer
