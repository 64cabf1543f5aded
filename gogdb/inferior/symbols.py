"""Symbols of the running program, from the symbol table of its file."""

from __future__ import annotations

from gogdb.inferior.arch import Arch
from gogdb.inferior.elf import PF_X, ElfFile
from gogdb.inferior.elf_symbols import ElfSymbol
from gogdb.inferior.protocol import Binary, Symbol

__all__ = ["ElfSymbols", "binary"]


class ElfSymbols:
    """The symbols of a program that is loaded `slide` bytes above the addresses in its file."""

    def __init__(self, elf: ElfFile, slide: int) -> None:
        self._elf = elf
        self._slide = slide

    def find(self, name: str) -> Symbol | None:
        return self._loaded(self._elf.find(name))

    def at(self, address: int) -> Symbol | None:
        return self._loaded(self._elf.at(address - self._slide))

    def section(self, address: int) -> str:
        file_address = address - self._slide
        for section in self._elf.sections:
            # address 0: not loaded; .tbss has an address, but no memory
            inside = 0 <= file_address - section.address < section.size
            if inside and section.address and section.name != ".tbss":
                return section.name
        return "" if self._elf.sections else self._segment(file_address)

    def _segment(self, address: int) -> str:
        """Return what stands for a section in a program that has no section headers."""
        for segment in self._elf.loaded:
            if 0 <= address - segment.address < segment.size:
                return "loaded code" if segment.flags & PF_X else "loaded data"
        return ""

    def _loaded(self, symbol: ElfSymbol | None) -> Symbol | None:
        return symbol and Symbol(symbol.name, symbol.address + self._slide, symbol.size)


def binary(elf: ElfFile, arch: Arch) -> Binary:
    """Return the facts about a program that its file holds; `arch` is its processor."""
    return Binary(
        path=elf.path,
        entry=elf.entry,
        pie=elf.is_pie,
        go_version=elf.go_version(),
        tls_offset=arch.tls_offset(elf),
        has_debug_info=elf.has_debug_info,
        modules=elf.modules(),
    )
