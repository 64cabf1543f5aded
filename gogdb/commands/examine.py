"""What `gogdb doctor PROGRAM` and `gogdb core` print, as JSON for the process that started GDB."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import gdb

from gogdb.commands.session import Session, session
from gogdb.errors import ShownError
from gogdb.finding import Finding
from gogdb.gdbhost.gdb_text import execute, read_path
from gogdb.gdbhost.objfiles import plain_path
from gogdb.gdbhost.target import GdbMemory, alive
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.linked_file import LinkedFile
from gogdb.inferior.symbols import ElfSymbols
from gogdb.runtime.stripped.table import RecoveredTable
from gogdb.runtime.symbols import RuntimeSymbols
from gogdb.runtime.symtab import SymbolTable
from gogdb.view.readable import Sources, program_findings, runtime_findings

__all__ = ["print_findings", "write_core"]


def print_findings(program: str | None, has_memory: bool) -> None:
    """Print a line of JSON for each finding about the program that GDB has; `program` is its path.

    `program` is None if GDB was not given one. With `has_memory` GDB was given a process or a core
    file; if it has none, nothing is printed, since GDB has said why it could not open it.
    """
    if has_memory and not alive():
        return
    try:
        if program is not None:
            ElfFile.open(program).close()  # says what is wrong with a file that GDB cannot open
        for finding in _findings(session()):
            _print(finding)
    except ShownError as error:
        _print(Finding("not ok", error.message, error.hint))


def write_core(words: Sequence[str]) -> None:
    """Run go-gcore with these arguments, and print a line of JSON: its `page` or its `error`.

    Nothing is printed if GDB has no core file, since it has said why it could not open it.
    """
    if not alive():
        return
    try:
        answer = {"page": execute(shlex.join(["go-gcore", *words]))}
    except gdb.error as error:
        answer = {"error": str(error)}
    gdb.write(json.dumps(answer) + "\n")


def _print(finding: Finding) -> None:
    gdb.write(json.dumps(asdict(finding)) + "\n")


def _findings(current: Session) -> Iterator[Finding]:
    is_live = alive()
    program = current.stopped() if is_live else None  # what was found is compared with memory
    recovered = current.recovered
    yield from program_findings(_sources(current, recovered, is_live))
    if program:
        yield from runtime_findings(program.read(unwinds=True), recovered)


def _sources(current: Session, recovered: RecoveredTable | None, is_live: bool) -> Sources:
    """Return where the program's parts come from.

    The data of a program that does not run is read from its file with its pointers filled in.
    """
    elf, arch = current.elf, current.arch
    memory = GdbMemory() if is_live else LinkedFile(elf, arch.relative_relocation)
    slide = current.program().target.slide if is_live else 0
    symbols = RuntimeSymbols(ElfSymbols(elf, slide))
    layouts = current.layouts(memory, slide)
    return Sources(
        elf,
        arch.name,
        symbols,
        layouts,
        SymbolTable.of_program(memory, arch, symbols, layouts),
        list(map(_path, current.file.debug_info)),
        recovered,
    )


def _path(file: gdb.Objfile) -> str:
    return plain_path(read_path(lambda: file.filename) or "")
