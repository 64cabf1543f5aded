"""The list of runtime.moduledata: the program itself, then the plugins that it has opened.

Source: `moduledata` in `runtime/symtab.go`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gogdb.errors import GogdbError
from gogdb.inferior.memory import Memory
from gogdb.runtime.goversion import OLDEST_SUPPORTED, PCLNTAB_MAGICS
from gogdb.runtime.pclntab import Pclntab

__all__ = ["FIELDS", "Module", "read_modules"]

# The fields of moduledata that are read
FIELDS = (
    "pclntable",
    "ftab",
    "funcnametab",
    "cutab",
    "filetab",
    "pctab",
    "minpc",
    "maxpc",
    "text",
    "etext",
    "gofunc",
    "next",
)

_MAX_MODULES = 1000  # one, and one more for each plugin
_MAX_TABLE = 1 << 29  # bytes; the tables of the largest programs have some ten MB


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its code in [`minpc`, `maxpc`), and the addresses that its tables count from.

    `next_slot` is the address of its field `next`.
    """

    tables: Pclntab
    text: int
    minpc: int
    maxpc: int
    gofunc: int
    next_slot: int


def read_modules(
    memory: Memory, pc_quantum: int, first: int, offsets: Mapping[str, int]
) -> tuple[tuple[Module, ...], tuple[str, ...]]:
    """Read the list of modules that begins with the moduledata at `first`.

    Return the modules, and one line for each that cannot be read. `pc_quantum` is that of the
    `Arch`; `offsets` maps every name in `FIELDS` to its offset in bytes. Raises `GogdbError` if
    the first module cannot be read.
    """
    if missing := [name for name in FIELDS if name not in offsets]:
        raise GogdbError(
            f"runtime.moduledata has no field {', '.join(missing)}",
            f"gogdb reads programs built by {OLDEST_SUPPORTED} or later",
        )
    modules: list[Module] = []
    problems: list[str] = []
    for address in _addresses(memory, first, offsets["next"], problems):
        try:
            modules.append(_read_module(memory, pc_quantum, address, offsets))
        except GogdbError as error:
            if not modules:
                raise
            problems.append(f"module at {address:#x}: {error.message}")
    return tuple(modules), tuple(problems)


def _addresses(memory: Memory, first: int, next_: int, problems: list[str]) -> Iterator[int]:
    seen: set[int] = set()
    address = first
    while address:
        if address in seen or len(seen) == _MAX_MODULES:
            problems.append(f"the list of modules does not end: stopped at {address:#x}")
            return
        seen.add(address)
        yield address
        try:
            address = int.from_bytes(memory.read(address + next_, 8), "little")
        except GogdbError as error:
            problems.append(error.message)
            return


def _read_module(
    memory: Memory, pc_quantum: int, address: int, offsets: Mapping[str, int]
) -> Module:
    data = memory.read(address, max(offsets[name] for name in FIELDS) + 24)

    def word(name: str) -> int:
        return int.from_bytes(data[offsets[name] :][:8], "little")

    def table(name: str, element: int) -> bytes:
        pointer, count = struct.unpack_from("<QQ", data, offsets[name])
        if count * element > _MAX_TABLE:
            raise _damaged(address, f"{name} has {count} elements")
        return memory.read(pointer, count * element) if count else b""

    header = int.from_bytes(data[:8], "little")  # pcHeader is the first field
    magic = int.from_bytes(memory.read(header, 4), "little")
    if magic not in PCLNTAB_MAGICS:
        raise _damaged(address, f"the magic of its pclntab is {magic:#x}")
    # moduledata.text, because pcHeader.textStart is 0 since go1.26. On amd64 the text is one
    # section, so that textsectmap is not needed (splitTextSections in cmd/link).
    text, minpc, maxpc = word("text"), word("minpc"), word("maxpc")
    if not text <= minpc < maxpc:
        raise _damaged(address, "it has no code")
    tables = Pclntab(
        magic,
        pc_quantum,
        functions=table("pclntable", 1),
        ftab=table("ftab", 8),
        names=table("funcnametab", 1),
        compile_units=table("cutab", 4),
        files=table("filetab", 1),
        pctab=table("pctab", 1),
    )
    return Module(tables, text, minpc, maxpc, word("gofunc"), address + offsets["next"])


def _damaged(address: int, what: str) -> GogdbError:
    return GogdbError(
        f"the module data at {address:#x} makes no sense: {what}",
        "a PIE has none before it is relocated: let the program run to its entry",
    )
