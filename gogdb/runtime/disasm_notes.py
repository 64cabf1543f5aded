"""What the instructions around a stop do: rsp gets g1.sched.sp, say.

Only what is certain from the registers at the stop: a register's value holds
back to the instruction that wrote it, and forward to the one that writes it next.
`follow` also knows what some words in memory are, and so what is loaded from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gogdb.inferior.protocol import Instruction
from gogdb.runtime.address_info import AddressClassifier

__all__ = ["SLOT", "Effect", "Word", "follow", "jumps_to", "notes"]

SLOT = "TLS slot"  # in an `Effect`

_WORD = 0xFFFF_FFFF_FFFF_FFFF
_ATT = re.compile(r"(?P<disp>-?0x[0-9a-f]+)?\(%(?P<base>r\w+)\)")
_INTEL = re.compile(r"\[(?P<base>r\w+)(?P<disp>[+-]0x[0-9a-f]+)?\]")
_TLS = re.compile(r"fs:(?P<offset>-?0x[0-9a-f]+)?")
_LOADS = re.compile(r"mov[a-z]*$")
_READS = re.compile(r"(cmp(?!xchg)|test|push|nop|j|cld)")  # these write no register that we follow
_STACK = ("rsp", "rbp")  # what they point at is the frame's business, not a struct's


class Effect(NamedTuple):
    """What an instruction does: `to` gets `value`; without `to`, it jumps to `value`.

    Both are places by the runtime's names, or `SLOT`.
    """

    to: str
    value: str


class Word(NamedTuple):
    """A word that lies in memory, and what people call its value."""

    value: int
    called: str


def notes(
    code: Sequence[Instruction],
    pc: int,
    registers: Mapping[str, int],
    sense: AddressClassifier,
    tls_offset: int | None,
) -> dict[int, Effect]:
    """By address, what an instruction does to a g, an m, a p, the TLS slot or where it jumps.

    `tls_offset`: bytes from the thread pointer to the word that holds g.
    """
    at = next((i for i, found in enumerate(code) if found.address == pc), None)
    if at is None:
        return {}
    told: dict[int, Effect | None] = {**follow(code[at:], registers, sense, tls_offset, {})}
    known = dict(registers)
    for found in reversed(code[:at]):  # behind: each is seen after it wrote
        if _leaves(found.text):
            break
        written = _written(found.text, known)
        sources = {name: value for name, value in known.items() if name not in written}
        told[found.address] = _note(found.text, sources, sense, tls_offset)
        known = sources
    return {address: note for address, note in told.items() if note}


def follow(
    code: Sequence[Instruction],
    registers: Mapping[str, int],
    sense: AddressClassifier,
    tls_offset: int | None,
    memory: Mapping[int, Word],
) -> dict[int, Effect]:
    """By address, what the instructions ahead do; each is seen before it writes.

    A direct jump to the next of them does not end it.
    """
    told: dict[int, Effect | None] = {}
    known, words = dict(registers), dict(memory)
    for found, after in zip(code, [*code[1:], None], strict=True):
        mnemonic, source, destination = _split(found.text)
        loaded = words.get(_address(source, known) or 0)
        told[found.address] = _note(found.text, known, sense, tls_offset, loaded)
        if _leaves(found.text):
            if after is None or jumps_to(found.text) != after.address:
                break
            continue
        words.pop(_address(destination, known) or 0, None)
        for name in _written(found.text, known):
            known.pop(name, None)
        name = _register(destination)
        if loaded and _LOADS.match(mnemonic) and name == destination.lstrip("%"):
            known[name] = loaded.value  # a whole register, not a part of one
    return {address: note for address, note in told.items() if note}


def _split(text: str) -> tuple[str, str, str]:
    """(mnemonic, source, destination); destination is last in AT&T, first in Intel."""
    mnemonic, _, rest = text.split("<")[0].split("#")[0].strip().partition(" ")
    operands = re.split(r",(?![^(]*\))", rest.strip())
    if len(operands) < 2:
        return mnemonic, operands[0].strip(), ""
    first, last = operands[0].strip(), operands[-1].strip()
    return (mnemonic, first, last) if "%" in text or "$" in text else (mnemonic, last, first)


def _register(operand: str) -> str:
    """The 64-bit register that an operand is, "" for anything else."""
    name = operand.lstrip("%*")
    if re.fullmatch(r"e[a-ds][xipb]|e[sd]i", name):
        return "r" + name[1:]
    if re.fullmatch(r"[a-d][lhx]|[sd]il?|[sb]pl?", name):  # a part of one: enough to spoil it
        return "r" + name[0] + ("x" if name[0] in "abcd" and name[1] in "lhx" else name[1])
    return name.rstrip("dwb") if re.fullmatch(r"r[a-z0-9]{1,2}[dwb]?", name) else ""


def _leaves(text: str) -> bool:
    return bool(re.match(r"(call|jmp|ret|syscall)", text))


def jumps_to(text: str) -> int | None:
    """Where a direct jump goes, None for any other instruction."""
    found = re.match(r"jmp[a-z]*\s+(0x[0-9a-f]+)", text)
    return int(found[1], 16) if found else None


def _written(text: str, known: Mapping[str, int]) -> set[str]:
    mnemonic, source, destination = _split(text.removeprefix("lock "))
    if mnemonic == "cpuid":
        return {"rax", "rbx", "rcx", "rdx"}
    if mnemonic.startswith("leave"):
        return {"rsp", "rbp"}
    if _READS.match(mnemonic):
        return set()
    if mnemonic.startswith(("xchg", "cmpxchg", "xadd", "mul", "div", "imul", "rep")):
        return set(known)
    return {_register(destination or source)} - {""}


def _note(
    text: str,
    known: Mapping[str, int],
    sense: AddressClassifier,
    tls_offset: int | None,
    loaded: Word | None = None,
) -> Effect | None:
    mnemonic, source, destination = _split(text)
    if mnemonic.startswith("jmp") and not destination:
        value = known.get(_register(source), 0)
        target = sense.classify(value)
        return Effect("", target.expression) if value and target.kind == "function" else None
    if not _LOADS.match(mnemonic):
        return None
    register = _register(destination)
    if register != destination.lstrip("%"):
        register = ""  # a part of a register is not the value
    to = _place(destination, known, sense, tls_offset) or register
    held = known.get(_register(source), 0)
    named = sense.classify(held)
    what = _place(source, known, sense, tls_offset)
    if held and named.kind == "struct" and not named.offset:
        what = named.expression.lstrip("&")
    if loaded:
        what = f"{what} = {loaded.called}" if what else loaded.called
    if to == register:
        return Effect(to, what) if to and what else None
    return Effect(to, what or source.lstrip("%$"))


def _address(operand: str, known: Mapping[str, int]) -> int | None:
    """The address that a memory operand is, None when that is not known."""
    found = _ATT.fullmatch(operand) or _INTEL.search(operand)
    if not found or found["base"] not in known:
        return None
    return (known[found["base"]] + int(found["disp"] or "0", 16)) & _WORD


def _place(
    operand: str, known: Mapping[str, int], sense: AddressClassifier, tls_offset: int | None
) -> str:
    """The field that a memory operand is, "" when that is not known."""
    thread_local = _TLS.search(operand)
    if thread_local and tls_offset is not None:
        offset = int(thread_local["offset"] or hex(tls_offset), 16)
        return SLOT if offset & _WORD == tls_offset & _WORD else ""
    address = _address(
        operand, {name: value for name, value in known.items() if name not in _STACK}
    )
    if address is None:
        return ""
    found_there = sense.classify(address)
    if found_there.kind != "struct":
        return ""
    field = found_there.field or sense.first_field(address)
    return f"{found_there.name}.{field}" if field else ""
