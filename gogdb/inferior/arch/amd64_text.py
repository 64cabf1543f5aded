"""Read amd64 instructions from GDB's disassembly, in AT&T or Intel syntax."""

from __future__ import annotations

import re
from typing import Literal

from gogdb.inferior.arch.operation import Operand, Operation

__all__ = ["parse"]

_MEMORY_ATT = re.compile(r"(?P<offset>-?0x[0-9a-f]+)?\(%(?P<base>r\w+)\)")
_MEMORY_INTEL = re.compile(r"\[(?P<base>r\w+)(?P<offset>[+-]0x[0-9a-f]+)?\]")
_TLS = re.compile(r"fs:(?P<offset>-?0x[0-9a-f]+)?")
_TARGET = re.compile(r"0x[0-9a-f]+")
_MOVE = re.compile(r"mov[a-z]*$")
_TRANSFER = re.compile(r"call|ret|syscall")
_WRITES_NONE = re.compile(r"cmp(?!xchg)|test|push|nop|j|cld")
_WRITES_SEVERAL = re.compile(r"xchg|cmpxchg|xadd|mul|div|imul|rep")
_WRITES = {"cpuid": frozenset({"rax", "rbx", "rcx", "rdx"}), "leave": frozenset({"rsp", "rbp"})}


def parse(text: str) -> Operation:
    """Return what an instruction does, given the text that GDB writes for it."""
    # "lock cmpxchg %rcx,(%rdx)", "jmp 0x408 <gogo>", "lea 0x10(%rip),%rax # 0x4a2f60"
    text = text.split("<")[0].split("#")[0].strip().removeprefix("lock ")
    mnemonic, _, rest = text.partition(" ")
    first, *others = (part.strip() for part in re.split(r",(?![^(]*\))", rest))
    last = others[-1] if others else ""
    is_att = "%" in text or "$" in text
    # Intel's order is destination, source
    source, destination = (first, last) if is_att or not last else (last, first)
    return Operation(
        kind=_kind(mnemonic),
        source=_operand(source),
        destination=_operand(destination),
        writes=_writes(mnemonic, _operand(destination or source)),
        target=_target(mnemonic, first),
    )


def _kind(mnemonic: str) -> Literal["move", "jump", "transfer", "other"]:
    if mnemonic.startswith("jmp"):
        return "jump"
    if _TRANSFER.match(mnemonic):
        return "transfer"
    return "move" if _MOVE.match(mnemonic) else "other"


def _target(mnemonic: str, operand: str) -> int | None:
    direct = mnemonic.startswith("jmp") and _TARGET.fullmatch(operand)
    return int(operand, 16) if direct else None


def _writes(mnemonic: str, written: Operand) -> frozenset[str] | None:
    """Return the registers that an instruction writes; None if it may write any."""
    if _WRITES_NONE.match(mnemonic):
        return frozenset()
    if _WRITES_SEVERAL.match(mnemonic):
        return None
    implicit = _WRITES.get(mnemonic.removesuffix("q"))
    return implicit or frozenset({written.register} - {""})


def _operand(text: str) -> Operand:
    plain = text.lstrip("%$")
    if tls := _TLS.search(text):
        offset = tls["offset"]
        return Operand(plain, thread_local=True, tls_offset=int(offset, 16) if offset else None)
    if memory := _MEMORY_ATT.fullmatch(text) or _MEMORY_INTEL.search(text):
        return Operand(plain, base=memory["base"], offset=int(memory["offset"] or "0", 16))
    register = _register(text.lstrip("%*"))
    return Operand(plain, register, whole=register != "" and register == plain)


def _register(name: str) -> str:
    """Return the 64-bit register that has a part of this name; "" for anything else."""
    if re.fullmatch(r"e[a-ds][xipb]|e[sd]i", name):
        return "r" + name[1:]
    if re.fullmatch(r"[a-d][lhx]|[sd]il?|[sb]pl?", name):
        return "r" + name[0] + ("x" if name[0] in "abcd" and name[1] in "lhx" else name[1])
    return name.rstrip("dwb") if re.fullmatch(r"r[a-z0-9]{1,2}[dwb]?", name) else ""
