"""Programs without section headers: GDB finds nothing in their files, and UPX leaves none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.builds import Compile
from tests.support.output import error_line
from tests.support.parked import Park, attach
from tests.support.session import Open

SECTION_HEADERS = 40  # offset of e_shoff
COUNTS = 60  # offset of e_shnum and e_shstrndx


@pytest.fixture
def program(compiled: Compile, tmp_path: Path) -> Path:
    """A program whose ELF header says that it has no section headers."""
    image = bytearray(compiled("parked", "-ldflags=-s -w").read_bytes())
    image[SECTION_HEADERS : SECTION_HEADERS + 8] = bytes(8)
    image[COUNTS : COUNTS + 4] = bytes(4)
    path = tmp_path / "program"
    path.write_bytes(image)
    path.chmod(0o755)
    return path


def test_goroutines(park: Park, open_gdb: Open, program: Path) -> None:
    session = open_gdb(program)
    process = park(program)
    attach(session, process)
    listed = json.loads(session.run("go-gmp g --json"))
    assert [g["where"]["function"] for g in listed["gs"]].count("main.receives") == 1
    assert listed["problems"] == []
    session.run("detach")


def test_packed_program(open_gdb: Open, program: Path) -> None:
    """It looks like one: UPX's mark is behind the program headers."""
    image = bytearray(program.read_bytes())
    image[0x300:0x304] = b"UPX!"
    program.write_bytes(image)
    session = open_gdb(program)
    for command in ("go-gmp", "go-stacks --json", "go-boot"):
        assert error_line(session.run(command)) == (
            f"{program} is packed by UPX: `upx -d` unpacks it; run what that makes"
        )
