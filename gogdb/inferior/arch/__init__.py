"""The processors that gogdb supports: one file each, behind the contract of `Arch`."""

from __future__ import annotations

from gogdb.errors import GogdbError
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.arch.contract import Arch, FrameRegisters, Registers, SignalFrame
from gogdb.inferior.arch.operation import Operand, Operation
from gogdb.inferior.elf import ElfFile

__all__ = [
    "Arch",
    "FrameRegisters",
    "Operand",
    "Operation",
    "Registers",
    "SignalFrame",
    "of_elf",
    "of_machine",
]

_SUPPORTED: tuple[Arch, ...] = (AMD64,)
# e_machine of other processors that Go builds Linux programs for, for the error message
_OTHERS = {3: "386", 8: "mips", 40: "arm", 183: "arm64", 243: "riscv64"}


def of_machine(machine: int) -> Arch | None:
    """Return the processor with this e_machine in an ELF header, None if not supported."""
    return next((arch for arch in _SUPPORTED if arch.machine == machine), None)


def of_elf(elf: ElfFile) -> Arch:
    """Return the processor that a program was built for. Raises `GogdbError` if not supported."""
    arch = of_machine(elf.machine)
    if arch is None:
        other = _OTHERS.get(elf.machine, f"machine {elf.machine}")
        names = " and ".join(f"linux/{supported.name}" for supported in _SUPPORTED)
        raise GogdbError(f"{elf.path} is a program for {other}", f"gogdb reads {names} only")
    return arch
