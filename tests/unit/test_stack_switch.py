"""The functions that lead a debugger from stack to stack, read back from their file."""

from __future__ import annotations

import io
import struct

import pytest

from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.debug_file import MARK
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.stack_switch import CALLED, END, INTERRUPTED, START, STOPPED, switch_file

# DWARF numbers: rip 16, rsp 7, r15 15
CFA_IS_RSP = "0c0700"
IN_R15 = "09100f" + "070f"  # rip is in r15, and r15 is lost
BELOW_SP = "9001" + "080f"  # rip is at CFA-8, and r15 as it was
KEPT = "".join(f"08{number:02x}" for number in range(16) if number not in (7, 15))


@pytest.fixture(scope="module")
def file() -> ElfFile:
    return ElfFile(io.BytesIO(switch_file(AMD64)), "switch")


def test_functions(file: ElfFile) -> None:
    places = (CALLED, "__morestack"), (STOPPED, "go_stopped"), (INTERRUPTED, "go_interrupted")
    for pc, name in places:
        symbol = file.at(pc)
        assert symbol is not None
        assert (symbol.name, symbol.address, symbol.size) == (name, pc - 1, 16)
    assert file.machine == AMD64.machine
    assert (file.section(".text") or file.sections[0]).address == START
    assert START < min(pc for pc, _ in places) < max(pc for pc, _ in places) < END
    assert file.section(MARK)


def test_rules(file: ElfFile) -> None:
    section = file.section(".debug_frame")
    assert section is not None
    data = file.contents(section)
    rules, offset = {}, 0
    found: dict[int, tuple[str, str]] = {}
    while offset < len(data):
        length, cie = struct.unpack_from("<II", data, offset)
        if cie == 0xFFFFFFFF:
            augmentation, _, body = data[offset + 9 : offset + 4 + length].partition(b"\0")
            rules[offset] = augmentation.decode(), body.rstrip(b"\0").hex()
        else:
            address, size = struct.unpack_from("<QQ", data, offset + 8)
            assert size == 16
            found[address + 1] = rules[cie]
        offset += 4 + length
    assert offset == len(data)
    head = "017810"  # code alignment 1, data alignment -8, return address rip
    assert found == {
        CALLED: ("", head + CFA_IS_RSP + IN_R15 + KEPT),
        STOPPED: ("S", head + CFA_IS_RSP + IN_R15 + KEPT),
        INTERRUPTED: ("S", head + CFA_IS_RSP + BELOW_SP + KEPT),
    }
