"""Programs recorded by tests/snapshots/make_symtab.py: their memory, and expected contents."""

from __future__ import annotations

import json
import re
import tarfile
from functools import cache
from typing import Any

from gogdb.errors import Unreadable
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.runtime.symtab import SymbolTable
from tests.support.places import SNAPSHOTS

# One for each magic number of pclntab; since Go 1.26 its header does not hold the text's address
RECORDED = ("go1.19.8", "go1.27.3")


class Image:
    """Ranges of an amd64 program's memory; `reads` counts the calls of `read`."""

    arch = AMD64

    def __init__(self, ranges: dict[int, bytes]) -> None:
        self.ranges = ranges
        self.reads = 0

    def read(self, address: int, size: int) -> bytes:
        self.reads += 1
        if len(data := self.ranges.get(address, b"")) >= size:
            return data[:size]
        for start, data in self.ranges.items():
            if start <= address and address + size <= start + len(data):
                return data[address - start :][:size]
        raise Unreadable(address, size)

    def bulk(self) -> Image:
        return self

    def changed(self, address: int, data: bytes) -> Image:
        """Return a copy with other bytes at `address`."""
        ranges = dict(self.ranges)
        for start, old in ranges.items():
            if start <= address < start + len(old):
                at = address - start
                ranges[start] = old[:at] + data + old[at + len(data) :]
        return Image(ranges)


@cache
def recorded(version: str) -> tuple[Image, dict[str, Any]]:
    """Return the memory of a recorded program, and what must be found there."""
    ranges: dict[int, bytes] = {}
    expected: dict[str, Any] = {}
    with tarfile.open(SNAPSHOTS / f"symtab-{version}.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            if member.name == "expected.json":
                expected = json.load(file)
            else:
                ranges[int(member.name, 16)] = file.read()
    return Image(ranges), expected


@cache
def symbols(version: str) -> SymbolTable:
    """Return the symbol table of a recorded program."""
    image, expected = recorded(version)
    return SymbolTable(image, AMD64, expected["firstmoduledata"], expected["offsets"])


def without_types(name: str) -> str:
    """Return a function's name as the runtime prints it (funcNameForPrint in runtime/symtab.go)."""
    return re.sub(r"\[.*\]", "[...]", name)
