"""Record types-*.xz: the types section that test_typedesc.py decodes, and what it should find.

Usage: python -m tests.snapshots.make_types BINARY...

Each binary is fixtures/boot, static and with debug information, by another Go release. The
section goes to types-VERSION.xz; its address and the layouts that GDB reads from the debug
information go to types-VERSION.json.xz.
"""

from __future__ import annotations

import json
import lzma
import sys
from pathlib import Path

from gogdb.inferior.elf import ElfFile
from tests.snapshots.dwarf import structs

HERE = Path(__file__).parent
NAMES = ("g", "m", "p", "sudog", "gobuf", "stack", "moduledata", "schedt")


def contents(elf: ElfFile, start: int, end: int) -> bytes:
    """Return the bytes of the file at the addresses [`start`, `end`), which are in one section."""
    section = next(s for s in elf.sections if 0 < s.address <= start < s.address + s.size)
    return elf.contents(section)[start - section.address : end - section.address]


def main(binaries: list[str]) -> None:
    for binary in binaries:
        elf = ElfFile.open(binary)
        types, etypes = elf.find("runtime.types"), elf.find("runtime.etypes")
        if types is None or etypes is None:
            raise SystemExit(f"{binary}: no symbols")
        layouts = structs(binary, [f"runtime.{name}" for name in NAMES])
        truth = {"types": types.address, "structs": layouts}
        for name, data in (
            ("xz", contents(elf, types.address, etypes.address)),
            ("json.xz", json.dumps(truth).encode()),
        ):
            out = HERE / f"types-{elf.go_version()}.{name}"
            out.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(sys.argv[1:])
