"""The Go version that a program reports, for files without build information.

`go build` writes build information (debug/buildinfo); other build systems, and programs that are
made smaller, may lack it. The linker sets runtime.buildVersion in every program.
"""

from __future__ import annotations

import struct

from gogdb.errors import Unreadable
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.linked_file import LinkedFile
from gogdb.runtime import goversion

__all__ = ["build_version"]

_STRING = struct.Struct("<QQ")
_MAX_VERSION = 256  # bytes


def build_version(elf: ElfFile, relative_relocation: int) -> str:
    """Return what runtime.buildVersion holds in the file, such as "go1.27.3"; "" if unknown.

    `relative_relocation` is the processor's type of a relocation that adds the load address.
    """
    symbol = elf.find("runtime.buildVersion")
    if symbol is None:
        return ""
    file = LinkedFile(elf, relative_relocation)
    try:
        data, size = _STRING.unpack(file.read(symbol.address, _STRING.size))
        text = file.read(data, min(size, _MAX_VERSION)).decode(errors="replace")
    except Unreadable:
        return ""
    return text if goversion.parse(text) else ""
