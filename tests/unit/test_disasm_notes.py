"""What instructions are said to do, in both of GDB's ways to write them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gogdb.inferior.protocol import Instruction
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.disasm_notes import Word, follow, notes
from gogdb.view.address_text import effect

SLOT = "0xfffffffffffffff8"  # -8
G, GOBUF, MAIN = 0x1000, 0x1038, 0x4000
FIELDS = {0x1000: "", 0x1008: "stack.hi", 0x1038: "sched.sp", 0x1060: "sched.bp"}
REGISTERS = {"rsp": 0x7F00, "rax": 5, "rbx": GOBUF, "rcx": G, "rdx": G, "r14": 0, "rdi": MAIN}


class AddressClassifier:
    """One g at 0x1000, one function at 0x4000."""

    def classify(self, value: int) -> AddressInfo:
        if value in FIELDS:
            return AddressInfo("struct", "g1", value - G, FIELDS[value])
        return AddressInfo("function", "runtime.main") if value == MAIN else AddressInfo("number")

    def first_field(self, address: int) -> str:
        return "stack.lo" if address == G else ""


def told(lines: Sequence[str], at: int) -> list[str]:
    code = [Instruction(0x400 + 4 * i, 4, text) for i, text in enumerate(lines)]
    found = notes(code, code[at].address, REGISTERS, AddressClassifier(), -8)  # type: ignore[arg-type]
    return [effect(found.get(instruction.address)) for instruction in code]


@pytest.mark.parametrize(
    ("att", "intel", "note"),
    [
        ("mov    (%rbx),%rsp", "mov    rsp,QWORD PTR [rbx]", "rsp = g1.sched.sp"),
        ("mov    0x28(%rbx),%rbp", "mov    rbp,QWORD PTR [rbx+0x28]", "rbp = g1.sched.bp"),
        ("mov    %rsp,0x8(%rcx)", "mov    QWORD PTR [rcx+0x8],rsp", "g1.stack.hi = rsp"),
        ("mov    %rax,(%rcx)", "mov    QWORD PTR [rcx],rax", "g1.stack.lo = rax"),
        ("movq   $0x0,(%rbx)", "mov    QWORD PTR [rbx],0x0", "g1.sched.sp = 0x0"),
        ("mov    %rdx,%r14", "mov    r14,rdx", "r14 = g1"),
        (
            "mov    %rdx,%fs:0xfffffffffffffff8",
            "mov    QWORD PTR fs:0xfffffffffffffff8,rdx",
            "TLS slot = g1",
        ),
        ("jmp    *%rdi", "jmp    rdi", "to runtime.main"),
        ("mov    0x8(%rsp),%rax", "mov    rax,QWORD PTR [rsp+0x8]", ""),
        ("mov    0x18(%rax),%rcx", "mov    rcx,QWORD PTR [rax+0x18]", ""),
        ("cmp    0x10(%rcx),%rsp", "cmp    rsp,QWORD PTR [rcx+0x10]", ""),
        ("mov    %fs:0x28,%rax", "mov    rax,QWORD PTR fs:0x28", ""),
        ("nop", "nop", ""),
    ],
)
def test_one_instruction(att: str, intel: str, note: str) -> None:
    assert told([att], 0) == [note]
    assert told([intel], 0) == [note]


def test_ahead_a_value_holds_until_it_is_written() -> None:
    lines = ["mov (%rbx),%rsp", "mov $0x0,%ebx", "mov 0x28(%rbx),%rbp"]
    assert told(lines, 0) == ["rsp = g1.sched.sp", "", ""]


def test_behind_a_value_holds_back_to_its_writer() -> None:
    lines = ["mov 0x28(%rbx),%rbp", "mov (%rax),%rbx", "mov 0x28(%rbx),%rbp", "nop"]
    assert told(lines, 3) == ["", "", "rbp = g1.sched.bp", ""]


def test_an_instruction_that_overwrites_its_own_base_says_nothing_of_it() -> None:
    assert told(["mov (%rbx),%rbx", "nop"], 1) == ["", ""]


@pytest.mark.parametrize("spoiler", ["mov $0x1,%bl", "lock cmpxchg %rcx,(%rdx)", "xor %ebx,%ebx"])
def test_what_spoils_a_register(spoiler: str) -> None:
    assert told(["nop", spoiler, "mov (%rbx),%rsp"], 0) == ["", "", ""]


def test_a_call_ends_what_is_known_on_both_sides() -> None:
    lines = ["mov (%rbx),%rsp", "call 0x500 <f>", "mov (%rbx),%rsp"]
    assert told(lines, 2) == ["", "", "rsp = g1.sched.sp"]
    assert told(lines, 0) == ["rsp = g1.sched.sp", "", ""]


def followed(lines: Sequence[str], memory: dict[int, Word]) -> list[str]:
    code = [Instruction(0x400 + 4 * i, 4, text) for i, text in enumerate(lines)]
    found = follow(code, {"rsp": 0x7F00}, AddressClassifier(), -8, memory)  # type: ignore[arg-type]
    return [effect(found.get(instruction.address)) for instruction in code]


ARGUMENT = {0x7F08: Word(GOBUF, "the gobuf"), GOBUF: Word(MAIN, "where to go")}


def test_what_is_loaded_is_known_from_then_on() -> None:
    lines = ["mov 0x8(%rsp),%rbx", "mov (%rbx),%rdi", "jmp *%rdi"]
    told = ["rbx = the gobuf", "rdi = g1.sched.sp = where to go", "to runtime.main"]
    assert followed(lines, ARGUMENT) == told


def test_what_is_overwritten_is_known_no_more() -> None:
    lines = ["mov 0x8(%rsp),%rbx", "movq $0x0,(%rbx)", "mov (%rbx),%rdi", "jmp *%rdi"]
    assert followed(lines, ARGUMENT)[1:] == ["g1.sched.sp = 0x0", "rdi = g1.sched.sp", ""]


def test_a_part_of_a_word_is_not_its_value() -> None:
    lines = ["mov 0x8(%rsp),%ebx", "mov (%rbx),%rdi"]
    assert followed(lines, ARGUMENT) == ["", ""]


def test_a_direct_jump_to_the_next_piece_goes_on() -> None:
    lines = ["mov 0x8(%rsp),%rbx", "jmp 0x408 <gogo>", "mov (%rbx),%rsp"]
    assert followed(lines, ARGUMENT)[2] == "rsp = g1.sched.sp = where to go"
    lines[1] = "jmp 0x500 <elsewhere>"
    assert followed(lines, ARGUMENT)[2] == ""
