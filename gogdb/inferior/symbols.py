"""Symbols of the running program from its file's ELF symbol table."""

from __future__ import annotations

from gogdb.inferior.arch import Arch
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.protocol import Binary, Symbol, Symbols

__all__ = ["ElfSymbols", "binary", "function"]


class ElfSymbols:
    """`Symbols` over an ELF file that runs `slide` bytes from its link address."""

    def __init__(self, elf: ElfFile, slide: int) -> None:
        self._elf = elf
        self._slide = slide

    def find(self, name: str) -> Symbol | None:
        address = self._elf.address(name)
        if address is None:
            return None
        return Symbol(name, address + self._slide, self._elf.size(name) or 0)

    def at(self, address: int) -> Symbol | None:
        found = self._elf.at(address - self._slide)
        return found and Symbol(found.name, found.start + self._slide, found.size)

    def section(self, address: int) -> str:
        linked = address - self._slide
        for section in self._elf.sections:
            # address 0: a section that is not loaded; .tbss takes no room in memory
            inside = 0 <= linked - section.address < section.size
            if inside and section.address and section.name != ".tbss":
                return section.name
        return ""


def function(symbols: Symbols, name: str) -> Symbol | None:
    """A function by its ELF symbol.

    Assembly is `name.abi0`, unless `name` is Go code, whose .abi0 is only a wrapper.
    """
    return symbols.find(name) or symbols.find(name + ".abi0")


def binary(elf: ElfFile, arch: Arch) -> Binary:
    """Return what the file says of itself; `arch` is its processor."""
    return Binary(
        path=elf.path,
        entry=elf.entry,
        pie=elf.is_pie,
        go_version=elf.go_version(),
        tls_offset=arch.tls_offset(elf),
        has_debug_info=elf.has_debug_info,
    )
