"""The program that left a core file which GDB was given without it.

The core says which path the program had. If the file there is another one, or none, the program is
read from the core, which has all of it only if its coredump_filter or GDB's gcore has put it in.
"""

from __future__ import annotations

from collections.abc import Callable

from gogdb.errors import GogdbError
from gogdb.gdbhost.core_file import CoreFile
from gogdb.inferior.core_process import CoreContents, read_process
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.loaded_program import find_program

__all__ = ["open_program"]

_REMEDY = (
    "name the program with `file`; after `echo 0x37 > /proc/PID/coredump_filter` a core has all "
    "of it"
)


def open_program(core: CoreFile, difference: Callable[[ElfFile], str]) -> ElfFile:
    """Return the program's file, which may be the core. Raises `GogdbError` if it lacks a part.

    `difference` says how a file differs from the core, "" if it does not.
    """
    file = ElfFile.open(core.path, core=True)
    process = read_process(file)
    try:
        elf = ElfFile.open(process.path)
        if not difference(elf):
            return elf
        instead = ", and the file there now is another one"
    except GogdbError:
        instead = ""
    program = find_program(CoreContents(file), process.program_headers)
    if program is None:
        raise GogdbError(f"{_name(process.path)}, which lacks its headers{instead}", _REMEDY)
    if lacks := program.parts(held=False):
        has = " and ".join(program.parts(held=True)) or "headers"
        parts = f"which has its {has}, but not its {' and '.join(lacks)}"
        name = _name(process.path, program.build_id())
        raise GogdbError(f"{name}, {parts}{instead}", _REMEDY)
    return program.file(process.path)


def _name(path: str, build_id: str = "") -> str:
    program = f"{path} ({build_id})" if build_id else path
    return f"{program or 'a program without a path'} left the core"
