"""Find the Go program that GDB debugs, and open the file that it was started from.

Go's code may be in the main executable or in a shared library, and GDB's path of it may lead
nowhere, or to something else: in another mount namespace, on another machine, or because the file
was deleted or built anew. So each file that might be the program is compared with memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import gdb

from gogdb.errors import GogdbError, Unreadable
from gogdb.gdbhost import core_file, core_program, process
from gogdb.gdbhost.objfiles import Objfile, main_path, plain_path, read_objfiles
from gogdb.gdbhost.target import GdbMemory, alive, entry_point, is_core, slide_of
from gogdb.inferior.build import build_id, compare, module_data
from gogdb.inferior.elf import GO_SECTIONS, ElfFile
from gogdb.inferior.memory import Memory
from gogdb.inferior.protocol import GoFile

__all__ = ["ProgramFile", "go_programs", "has_go"]

_TEXT = ".text"
_PAGE = 4096  # bytes; a program is loaded whole pages above the addresses in its file


class ProgramFile(NamedTuple):
    """A file with Go code, and how it is in memory.

    `slide` is None for the main executable, whose load address is in the auxiliary vector.
    `debug_info` are the files in which GDB has its debug information. `mismatch` says how it
    differs from what is in memory, "" if it does not. `others` are the other files with Go code.
    `objfile` is what GDB has read of it, None if GDB does not have it.
    """

    elf: ElfFile
    slide: int | None
    debug_info: Sequence[gdb.Objfile]
    mismatch: str
    others: Sequence[GoFile] = ()
    objfile: gdb.Objfile | None = None


def go_programs(part: str, *, refuse_mismatch: bool) -> Iterator[ProgramFile]:
    """Yield the files with Go code whose path contains `part`, the main executable first.

    Raises `GogdbError` if there is none, if one cannot be opened, and with `refuse_mismatch` if it
    is not the program that is in memory.
    """
    main = main_path()
    modules = _modules(read_objfiles())
    modules.sort(key=lambda module: all(objfile.path != main for objfile in module))
    go_modules = [module for module in modules if any(map(_has_go, module))]
    unnamed = None if main else _unnamed_program()
    if main and not go_modules:
        unnamed = _without_sections(plain_path(main))
    if unnamed and unnamed.elf.is_go:
        yield unnamed
    elif not go_modules:
        path = plain_path(main) or (unnamed.elf.path if unnamed else "")
        if not path:
            hint = "name one with `file PROGRAM`, or start `gogdb PROGRAM`"
            raise GogdbError("no program", hint)
        raise GogdbError(f"{path} is not a Go program", "gogdb reads Go programs only")
    chosen = [module for module in go_modules if part in _go_file(module).path]
    if go_modules and not chosen:
        paths = ", ".join(_go_file(module).path for module in go_modules)
        raise GogdbError(
            f"no file with Go code has {part} in its path",
            f"`set gogdb runtime` chooses one of: {paths}",
        )
    for module in chosen:
        is_main = any(objfile.path == main for objfile in module)
        others = [_go_file(other) for other in go_modules if other is not module]
        yield _open_module(module, is_main, refuse_mismatch)._replace(others=others)


def has_go() -> bool:
    """Report whether a file that GDB has read has Go code."""
    return any(map(_has_go, read_objfiles()))


def _modules(objfiles: Sequence[Objfile]) -> list[list[Objfile]]:
    """Return the files by module: a program and its debug file have their code at one place."""
    modules: dict[tuple[int, int], list[Objfile]] = {}
    for objfile in objfiles:
        text = objfile.sections.get(_TEXT)
        is_vdso = objfile.path.startswith("system-supplied DSO")
        if text and not is_vdso and not objfile.is_made_by_gogdb:
            modules.setdefault((text.start, text.end), []).append(objfile)
    return [
        sorted(module, key=lambda objfile: not objfile.sections[_TEXT].has_contents)
        for module in modules.values()
    ]


def _go_file(module: Sequence[Objfile]) -> GoFile:
    text = module[0].sections[_TEXT]
    return GoFile(plain_path(module[0].path), text.start, text.end)


def _has_go(objfile: Objfile) -> bool:
    return not GO_SECTIONS.isdisjoint(objfile.sections)


def _open_module(module: Sequence[Objfile], is_main: bool, refuse_mismatch: bool) -> ProgramFile:
    """Open a module: the file with its code, and the one with its symbols if that is another."""
    first, memory = module[0], _memory()
    has_code = first.sections[_TEXT].has_contents

    def slide(elf: ElfFile) -> int:
        text = elf.section(_TEXT)
        return first.sections[_TEXT].start - text.address if alive() and text else 0

    def difference(elf: ElfFile) -> str:
        if memory is None:
            return ""
        entry = _entry_difference(elf) if is_main else ""
        return entry or _difference(elf, slide(elf), memory)

    elf, mismatch = _open(_places(first, is_main, has_code), difference)
    if alive() and not mismatch and not _is_same_file(elf, slide(elf), first):
        mismatch = "GDB has read the symbols of another build"
    for other in module:
        if not elf.has_symbols and (other is not first or not has_code):
            symbol_file, other_mismatch = _open(_places(other, False, True), difference)
            if symbol_file.has_symbols:
                elf.symbol_file, mismatch = symbol_file, mismatch or other_mismatch
    if mismatch:
        mismatch = f"{elf.path} is not the program that {_state()} ({mismatch})"
        if refuse_mismatch:
            hint = f"{_remedy(is_main)}, or `set gogdb mismatch warn` to go on"
            raise GogdbError(mismatch, hint)
    debug_info = [objfile.handle for objfile in module if objfile.has_debug_info]
    loaded_at = None if is_main else slide(elf)
    return ProgramFile(elf, loaded_at, debug_info, mismatch, objfile=first.handle)


def _entry_difference(elf: ElfFile) -> str:
    """Return how the entry point of the process is not the file's, "" if it is."""
    entry = entry_point()
    moved = 0 if entry is None else entry - elf.entry
    if moved % _PAGE == 0 if elf.is_pie else moved == 0:
        return ""
    return f"entry point {elf.entry:#x}, of the process {entry:#x}"


def _core_difference(elf: ElfFile, slide: int) -> str:
    """Return why the core's process cannot have had the file's data, "" if it can."""
    core, address = core_file.current(), module_data(elf)
    if core is None or not address or not core.had_no_data(address + slide):
        return ""
    return "where it has runtime.firstmoduledata, the process could not write"


def _state() -> str:
    return "left the core" if is_core() else "runs"


def _remedy(is_main: bool) -> str:
    inferior = gdb.selected_inferior()
    if not is_main:
        return "start the program anew"
    native = process.connection(inferior) == "native"
    return f"use `file /proc/{inferior.pid}/exe`" if native else "name the right one with `file`"


def _unnamed_program() -> ProgramFile | None:
    """Return the file of a process or core whose program GDB does not have, None without one."""
    if core := core_file.current():
        elf = core_program.open_program(core, _main_difference)
        return ProgramFile(elf, None, (), "")
    if not (places := list(_process_files())):
        return None
    elf, _ = _open(iter(places), lambda _: "")
    return ProgramFile(elf, None, (), "")


def _without_sections(path: str) -> ProgramFile | None:
    """Return a file without section headers, in which GDB finds nothing; None if it has some.

    Raises `GogdbError` if it is not the program that is in memory.
    """
    try:
        elf = ElfFile.open(path)
    except GogdbError:
        return None
    if elf.sections:
        return None
    if difference := _main_difference(elf):
        message = f"{path} is not the program that {_state()} ({difference})"
        raise GogdbError(message, _remedy(is_main=True))
    return ProgramFile(elf, None, (), "")


def _main_difference(elf: ElfFile) -> str:
    """Return how a file is not the main executable that is in memory, "" if it is."""
    memory = _memory()
    if memory is None:
        return ""
    return _entry_difference(elf) or _difference(elf, slide_of(elf), memory)


def _difference(elf: ElfFile, slide: int, memory: Memory) -> str:
    return compare(elf, slide, memory).difference or _core_difference(elf, slide)


_Place = Callable[[], ElfFile]


def _open(places: Iterator[_Place], difference: Callable[[ElfFile], str]) -> tuple[ElfFile, str]:
    """Return the first file that is what is in memory, or the first at all; and how it differs.

    Raises `GogdbError` if none can be opened.
    """
    first: tuple[ElfFile, str] | None = None
    failure: GogdbError | None = None
    for place in places:
        try:
            elf = place()
        except GogdbError as error:
            failure = failure or error
            continue
        mismatch = difference(elf)
        if not mismatch:
            return elf, ""
        first = first or (elf, mismatch)
    if first is not None:
        return first
    assert failure is not None
    raise failure


def _places(objfile: Objfile, is_main: bool, has_code: bool) -> Iterator[_Place]:
    """Yield where a file of GDB's may be.

    The file that the process was started from comes first if GDB has only a debug file of it.
    """
    path = plain_path(objfile.path)
    if is_main and not has_code:
        yield from _process_files(path)
    yield lambda: ElfFile.open(path)
    inferior = gdb.selected_inferior()
    kind = process.connection(inferior)
    if kind == "native" and inferior.pid:
        base = "root" if os.path.isabs(path) else "cwd/"
        yield lambda: ElfFile.open(f"/proc/{inferior.pid}/{base}{path}", name=path)
    elif "remote" in kind and path != objfile.path:
        yield lambda: _fetched(path, path)
    if is_main and has_code:
        yield from _process_files(path)
    elif kind == "native" and (mapped := _mapped_file(inferior.pid, objfile)):
        yield lambda: ElfFile.open(mapped, name=path)


def _process_files(name: str = "") -> Iterator[_Place]:
    """Yield the file that the kernel started the process from, whatever became of its name."""
    inferior = gdb.selected_inferior()
    if not inferior.pid:  # an added inferior shares the first one's connection
        return
    kind, path = process.connection(inferior), f"/proc/{inferior.pid}/exe"
    if kind == "native":
        yield lambda: ElfFile.open(path, name=name)
    elif "remote" in kind:
        yield lambda: _fetched(path, name or path)


def _mapped_file(pid: int, objfile: Objfile) -> str:
    """Return a path of a shared library's file whatever became of its name, "" if there is none.

    Only root may open it: proc(5).
    """
    address = objfile.sections[_TEXT].start
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                area = line.split(" ", 1)[0]
                start, _, end = area.partition("-")
                if int(start, 16) <= address < int(end, 16):
                    return f"/proc/{pid}/map_files/{area}"
    except OSError:
        pass
    return ""


_copies: dict[tuple[int | None, int, str], ElfFile] = {}


def _fetched(path: str, name: str) -> ElfFile:
    """Return a copy of a file of the machine that the program runs on.

    Raises `GogdbError` if the server has no such file, or does not transfer files.
    """
    inferior = gdb.selected_inferior()
    key = inferior.connection_num, inferior.pid, path
    if key not in _copies:
        import shlex  # these take time to import
        import tempfile

        with tempfile.NamedTemporaryFile(prefix="gogdb-") as copy:
            try:
                gdb.execute(f"remote get {shlex.quote(path)} {copy.name}", to_string=True)
            except gdb.error as error:
                process.check(error)
                raise GogdbError(f"cannot read {path} on the target", str(error)) from None
            _copies[key] = ElfFile.open(copy.name, name=name)
    return _copies[key]


class _CoreMemory(GdbMemory):
    """What a core file itself holds. GDB reads the rest in the file that is to be compared."""

    def read(self, address: int, size: int) -> bytes:
        core = core_file.current()
        if core is None or not core.holds(address, size):
            raise Unreadable(address, size)
        return super().read(address, size)


def _memory() -> Memory | None:
    """Return the memory to compare a file with, None if there is no process."""
    if not alive():
        return None
    return _CoreMemory() if is_core() else GdbMemory()


def _is_same_file(elf: ElfFile, slide: int, objfile: Objfile) -> bool:
    """Report whether a file is the one that GDB has read, which may have been replaced since."""
    ours = build_id(elf)
    if ours and objfile.build_id:
        return ours == objfile.build_id
    return all(
        section.name not in objfile.sections
        or objfile.sections[section.name][:2]
        == (section.address + slide, section.address + slide + section.size)
        for section in elf.sections
        if section.address
    )
