"""The effects of instructions, from disassembly in both of GDB's syntaxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from gogdb.inferior.arch import Operand
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.protocol import Instruction
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.disasm_notes import Annotator, KnownWord
from gogdb.view.address_text import effect

G, GOBUF, MAIN = 0x1000, 0x1038, 0x4000
FIELDS = {0x1000: "", 0x1008: "stack.hi", 0x1038: "sched.sp", 0x1060: "sched.bp"}
REGISTERS = {"rsp": 0x7F00, "rax": 5, "rbx": GOBUF, "rcx": G, "rdx": G, "r14": 0, "rdi": MAIN}


class Classifier:
    """Knows one g at 0x1000 and one function at 0x4000."""

    def classify(self, value: int) -> AddressInfo:
        if value in FIELDS:
            return AddressInfo("struct", "g1", value - G, FIELDS[value])
        return AddressInfo("function", "runtime.main") if value == MAIN else AddressInfo("number")

    def first_field(self, address: int) -> str:
        return "stack.lo" if address == G else ""


CLASSIFIER: Any = Classifier()
ANNOTATOR = Annotator(AMD64, CLASSIFIER, tls_offset=-8)


def code_of(lines: Sequence[str]) -> list[Instruction]:
    return [Instruction(0x400 + 4 * i, 4, text) for i, text in enumerate(lines)]


def around(lines: Sequence[str], at: int) -> list[str]:
    """Return the notes of `lines`, with the program stopped at line `at`."""
    code = code_of(lines)
    effects = ANNOTATOR.around(code, code[at].address, REGISTERS)
    return [effect(effects.get(instruction.address)) for instruction in code]


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
        ("mov    %rdx,%fs:(%rbx)", "mov    QWORD PTR fs:[rbx],rdx", "TLS slot = g1"),
        ("jmp    *%rdi", "jmp    rdi", "to runtime.main"),
        ("mov    0x8(%rsp),%rax", "mov    rax,QWORD PTR [rsp+0x8]", ""),
        ("mov    0x18(%rax),%rcx", "mov    rcx,QWORD PTR [rax+0x18]", ""),
        ("cmp    0x10(%rcx),%rsp", "cmp    rsp,QWORD PTR [rcx+0x10]", ""),
        ("mov    %fs:0x28,%rax", "mov    rax,QWORD PTR fs:0x28", ""),
        ("nop", "nop", ""),
    ],
)
def test_effect_of_one_instruction(att: str, intel: str, note: str) -> None:
    assert around([att], 0) == [note]
    assert around([intel], 0) == [note]


def test_value_holds_forward_until_it_is_written() -> None:
    lines = ["mov (%rbx),%rsp", "mov $0x0,%ebx", "mov 0x28(%rbx),%rbp"]
    assert around(lines, 0) == ["rsp = g1.sched.sp", "", ""]


def test_value_holds_back_to_the_instruction_that_wrote_it() -> None:
    lines = ["mov 0x28(%rbx),%rbp", "mov (%rax),%rbx", "mov 0x28(%rbx),%rbp", "nop"]
    assert around(lines, 3) == ["", "", "rbp = g1.sched.bp", ""]


def test_instruction_that_overwrites_its_base_has_no_known_source() -> None:
    assert around(["mov (%rbx),%rbx", "nop"], 1) == ["", ""]


@pytest.mark.parametrize(
    "writer", ["mov $0x1,%bl", "lock cmpxchg %rcx,(%rdx)", "xor %ebx,%ebx", "cpuid"]
)
def test_written_register_is_not_known_any_more(writer: str) -> None:
    assert around(["nop", writer, "mov (%rbx),%rsp"], 0) == ["", "", ""]


def test_nothing_is_known_across_a_call() -> None:
    lines = ["mov (%rbx),%rsp", "call 0x500 <f>", "mov (%rbx),%rsp"]
    assert around(lines, 2) == ["", "", "rsp = g1.sched.sp"]
    assert around(lines, 0) == ["rsp = g1.sched.sp", "", ""]


def test_stop_outside_the_code_has_no_notes() -> None:
    assert ANNOTATOR.around(code_of(["mov (%rbx),%rsp"]), 0x500, REGISTERS) == {}


def ahead(lines: Sequence[str], memory: dict[int, KnownWord]) -> list[str]:
    code = code_of(lines)
    effects = ANNOTATOR.ahead(code, {"rsp": 0x7F00}, memory)
    return [effect(effects.get(instruction.address)) for instruction in code]


ARGUMENT = {0x7F08: KnownWord(GOBUF, "the gobuf"), GOBUF: KnownWord(MAIN, "where to go")}


def test_loaded_word_is_known_from_then_on() -> None:
    lines = ["mov 0x8(%rsp),%rbx", "mov (%rbx),%rdi", "jmp *%rdi"]
    notes = ["rbx = the gobuf", "rdi = g1.sched.sp = where to go", "to runtime.main"]
    assert ahead(lines, ARGUMENT) == notes


def test_overwritten_word_is_not_known_any_more() -> None:
    lines = ["mov 0x8(%rsp),%rbx", "movq $0x0,(%rbx)", "mov (%rbx),%rdi", "jmp *%rdi"]
    assert ahead(lines, ARGUMENT)[1:] == ["g1.sched.sp = 0x0", "rdi = g1.sched.sp", ""]


def test_part_of_a_register_does_not_hold_the_word() -> None:
    lines = ["mov 0x8(%rsp),%ebx", "mov (%rbx),%rdi"]
    assert ahead(lines, ARGUMENT) == ["", ""]


def test_direct_jump_to_the_next_instruction_goes_on() -> None:
    lines = ["mov 0x8(%rsp),%rbx", "jmp 0x408 <gogo>", "mov (%rbx),%rsp"]
    assert ahead(lines, ARGUMENT)[2] == "rsp = g1.sched.sp = where to go"
    lines[1] = "jmp 0x500 <elsewhere>"
    assert ahead(lines, ARGUMENT)[2] == ""


@pytest.mark.parametrize(
    ("text", "register", "whole"),
    [
        ("%rbx", "rbx", True),
        ("%ebx", "rbx", False),
        ("%bx", "rbx", False),
        ("%bl", "rbx", False),
        ("%sil", "rsi", False),
        ("%r14", "r14", True),
        ("%r9d", "r9", False),
        ("$0x5", "", False),
    ],
)
def test_registers_and_their_parts(text: str, register: str, whole: bool) -> None:
    operand = AMD64.parse(f"mov $0x0,{text}").destination
    assert (operand.register, operand.whole) == (register, whole)


def test_operands_in_memory() -> None:
    for text in ("mov -0x8(%rbx),%rax", "mov rax,QWORD PTR [rbx-0x8]"):
        source = AMD64.parse(text).source
        assert (source.base, source.offset, source.register) == ("rbx", -8, "")
    indexed = AMD64.parse("mov 0x8(%rbx,%rcx,8),%rax")
    assert (indexed.source.base, indexed.destination.register) == ("", "rax")
    slot = AMD64.parse("movq $0x123,%fs:(%rbx)").destination
    assert (slot.thread_local, slot.tls_offset, slot.base) == (True, None, "")


def test_kinds_of_operations() -> None:
    kinds = {text: AMD64.parse(text).kind for text in ("jmp 0x40", "call 0x40", "ret", "leave")}
    assert kinds == {
        "jmp 0x40": "jump",
        "call 0x40": "transfer",
        "ret": "transfer",
        "leave": "other",
    }
    assert AMD64.parse("jmp 0x408 <gogo>").target == 0x408
    assert AMD64.parse("jmp *%rax").target is None
    assert AMD64.parse("leave").writes == frozenset({"rsp", "rbp"})
    assert AMD64.parse("push %rbp").writes == frozenset()
    assert AMD64.parse("pop %rbp").writes == frozenset({"rbp"})
    assert AMD64.parse("rep stos %al,%es:(%rdi)").writes is None
    assert AMD64.parse("nop").source == Operand()
