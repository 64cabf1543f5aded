"""The program that GDB has loaded, what was looked up in it, and its boot walk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost import parameters, process
from gogdb.gdbhost.image import Image
from gogdb.gdbhost.layouts import DebugInfoLayouts, find_type
from gogdb.gdbhost.program_file import ProgramFile, go_programs
from gogdb.gdbhost.target import (
    GdbMemory,
    GdbTarget,
    alive,
    check_architecture,
    is_core,
    slide_of,
)
from gogdb.inferior.arch import Arch, of_elf
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.layout import Layouts
from gogdb.inferior.memory import Memory
from gogdb.inferior.symbols import ElfSymbols
from gogdb.runtime.current_g import GoidReader
from gogdb.runtime.goversion import labels_are_slice, support_notice
from gogdb.runtime.labels import LabelSets
from gogdb.runtime.program import Program
from gogdb.runtime.symbols import ESSENTIAL, MissingSymbolError, RuntimeSymbols
from gogdb.runtime.thread_goroutine import GoroutineFinder

if TYPE_CHECKING:  # takes time to import, and most commands do not need it
    from gogdb.boot.walk import Walk
    from gogdb.commands.follow_round import Round
    from gogdb.gdbhost.debugger import GdbDebugger
    from gogdb.runtime.stripped.table import RecoveredTable

__all__ = ["Session", "last_session", "session"]


class Session:
    """One program file. `stamp`, its modification time in ns and size, tells when it changed."""

    def __init__(self, file: ProgramFile) -> None:
        self.file = file
        self.elf = file.elf
        self.path = file.elf.path
        self.stamp = _stamp(file.elf.fileno())
        self._program: Program | None = None
        self.walk: Walk | None = None
        self.last_until: tuple[str, int] | None = None  # what `until` got, as which typed line
        self.round: Round | None = None  # of a goroutine that was followed since the walk
        self._walk_pid = 0
        self._image: Image | None = None

    def program(self) -> Program:
        """Return the program at its current load address."""
        slide = self._begin()
        recovered = _recovered(self.elf)
        if recovered and alive() and recovered.check(GdbMemory(), slide):
            self._program = None  # it has looked up what is not found any more
        if self._program is None or self._program.target.slide != slide:
            target = GdbTarget(
                self.elf,
                slide,
                self.layouts(GdbMemory(), slide),
                is_library=self.file.slide is not None,
                has_debug_info=self.has_debug_info,
                mismatch=self.file.mismatch,
                other_files=self.file.others,
            )
            self._program = Program(target)
        return self._program

    @property
    def has_debug_info(self) -> bool:
        """Whether GDB has the program's debug information."""
        return bool(self.file.debug_info)

    def find_type(self, name: str) -> gdb.Type | None:
        """Return one of the program's types from its debug information, None if it has none."""
        return find_type(name, self._type_files)

    def say_once(self, line: str) -> None:
        """Write a line, unless it has been written about this program before."""
        if (said := (self.path, self.stamp, line)) not in _said:
            _said.add(said)
            gdb.write(f"{line}\n", gdb.STDERR)

    @property
    def _type_files(self) -> Sequence[gdb.Objfile]:
        """The files to look up types in; none if GDB has only one Go program."""
        return self.file.debug_info if self.file.others else ()

    def follows(self, file: ProgramFile) -> bool:
        """Report whether `file` is this program; if so, it is used from now on."""
        if (file.elf.path, _stamp(file.elf.fileno())) != (self.path, self.stamp):
            return False
        if self.file[1:] != file[1:]:  # GDB knows more or less about it
            self._program = None
        self.file, self.elf = file, file.elf
        return True

    def _begin(self) -> int:
        """Note the process that is read from now on, and return how far it is above its file."""
        process.begin()
        slide = slide_of(self.elf) if self.file.slide is None else self.file.slide
        process.probe_at(self.elf.entry + slide)
        return slide

    def stopped(self) -> Program:
        """Return the program at its stop, or in its core file. Raises `GogdbError` before `run`."""
        if not alive():
            raise GogdbError(
                "the program is not running",
                "`run` or `go-boot` starts it, `core FILE` loads a core file, unpacked if it is "
                "compressed",
            )
        program = self.program()
        if self.elf.is_pie and program.before_entry():
            # addresses that are looked up now would be wrong after relocation
            raise GogdbError(
                "the dynamic loader has not handed over to the program yet",
                "`go-boot step` goes on to its entry point",
            )
        return program

    def check_process(self) -> None:
        """Raise `TargetLostError` if the process has gone or can no longer be reached."""
        self._begin()

    @property
    def recovered(self) -> RecoveredTable | None:
        """The symbols of a program without a symbol table, None for one that has a symbol table.

        Those that memory refutes are left out. Raises `GogdbError` if memory cannot be read.
        """
        if alive():
            self.program()
        return _recovered(self.elf)

    @cached_property
    def arch(self) -> Arch:
        return of_elf(self.elf)

    @cached_property
    def tls_offset(self) -> int | None:
        """The distance in bytes from the thread pointer to the word that holds the current g."""
        return self.program().target.binary.tls_offset

    @cached_property
    def goid_reader(self) -> GoidReader:
        """The reader of a thread's goid, which is independent of the load address."""
        return GoidReader(self.program().reader.layout("runtime.g"))

    @cached_property
    def goroutine_finder(self) -> GoroutineFinder:
        """The finder of a thread's goroutine, which is independent of the load address."""
        layout = self.program().reader.layout
        return GoroutineFinder(layout("runtime.g"), layout("runtime.m"), self.tls_offset)

    def label_sets(self, memory: Memory) -> LabelSets:
        """Return the sets of labels in a memory as it is now."""
        return LabelSets(memory, as_slices=self._labels_are_slice)

    @cached_property
    def _labels_are_slice(self) -> bool:
        return labels_are_slice(self.program().reader.layout("runtime.g"))

    def check_can_walk(self) -> None:
        """Raise `GogdbError` if the program cannot be walked through its boot."""
        if is_core():
            raise GogdbError("a core file cannot be run", "`go-gmp` and `go-stacks` read it")
        if self.file.slide is not None:
            raise GogdbError(
                f"{self.path} is not the main executable, and go-boot walks through no other boot",
                "`go-gmp` and `go-stacks` read it",
            )
        if gdb.parameter("non-stop"):
            raise GogdbError("go-boot needs all threads to stop together", "use `set non-stop off`")
        if gdb.parameter("exec-direction") == "reverse":
            raise GogdbError("go-boot runs the program forward", "use `set exec-direction forward`")

    def check_standing(self) -> None:
        """Raise `GogdbError` while the program runs in the background.

        Also in the stop method of a breakpoint, where GDB 13 crashes when the program is resumed.
        """
        thread = process.selected_thread()
        if thread is not None and thread.is_running():
            raise GogdbError("the program is running", "`interrupt` stops it")

    def new_walk(self) -> Walk:
        """Return a walk that has not begun; `keep` makes it the session's once it has."""
        from gogdb.boot.walk import Walk

        self.check_can_walk()
        return Walk(self.debugger(), self.program)

    def debugger(self) -> GdbDebugger:
        """Return what makes the program run from stop to stop."""
        from gogdb.gdbhost.debugger import GdbDebugger

        return GdbDebugger(self.elf, self._thread_start)

    def _thread_start(self) -> int | None:
        symbols = self.program().reader.symbols
        function = symbols.function("runtime.newm1")  # proc.go, before and with cgo
        return function.address if function else None

    def keep(self, walk: Walk) -> Walk:
        """Make `walk` the walk of the current process, and return it."""
        self.walk, self._walk_pid, self._image = walk, gdb.selected_inferior().pid, Image()
        return walk

    @property
    def walk_here(self) -> Walk | None:
        """The walk of the current process, or None."""
        is_here = self._walk_pid == gdb.selected_inferior().pid != 0
        return self.walk if is_here and self._image and not self._image.is_replaced else None

    def layouts(self, memory: Memory, slide: int) -> Layouts:
        """Return the layouts of the program's structs; type descriptors are read in `memory`.

        Raises `GogdbError` without a source of them.
        """
        if self.has_debug_info:
            return DebugInfoLayouts(self._type_files)
        from gogdb.runtime.typedesc import DescriptorLayouts  # few programs need it

        symbols = RuntimeSymbols(ElfSymbols(self.elf, slide))
        try:
            types, etypes = symbols.address("runtime.types"), symbols.address("runtime.etypes")
        except MissingSymbolError as error:
            raise GogdbError(
                f"{self.path} has no debug information that gogdb can read, and {error}",
                "build it without -ldflags=-w",
            ) from None
        return DescriptorLayouts(memory, types, etypes)


def _go_program() -> ProgramFile:
    """Return the first program that gogdb can read. Raises `GogdbError` if there is none."""
    failure: GogdbError | None = None
    refuse_mismatch = parameters.refuse_mismatch()
    for file in go_programs(parameters.runtime(), refuse_mismatch=refuse_mismatch):
        try:
            _check(file.elf)
        except GogdbError as error:
            failure = failure or error
        else:
            _find_version(file.elf)
            return file
    assert failure is not None  # there is at least one file, or `go_programs` raises
    raise failure


def _check(elf: ElfFile) -> None:
    """Raise `GogdbError` if gogdb cannot read such a program."""
    of_elf(elf)  # raises for a processor that is not supported
    if elf.is_packed:
        raise GogdbError(f"{elf.path} is packed by UPX", "`upx -d` unpacks it; run what that makes")
    recovered = _recovered(elf)
    symbols = RuntimeSymbols(ElfSymbols(elf, slide=0))
    for name in ESSENTIAL:
        if symbols.variable(name) is None:
            if elf.is_undefined("runtime.tlsg"):  # every module with Go code uses it
                raise GogdbError(
                    f"the runtime of {elf.path} is in a shared library (-linkshared)",
                    "GDB reads that after `run`, `attach` or `core FILE`; "
                    "`go-boot` needs a build without -linkshared",
                )
            if recovered:
                raise GogdbError(
                    f"{elf.path} has no symbol table, and the code of its runtime does not tell "
                    f"where {name} is",
                    f"`gogdb doctor {elf.path}` says what can be found",
                )
            raise GogdbError(f"{elf.path} has no symbol {name}", "is it a whole Go program?")


def _find_version(elf: ElfFile) -> None:
    """Find the Go version of a program without build information."""
    if not elf.go_version():
        from gogdb.runtime.build_version import build_version  # few programs need it

        elf.reported_version = build_version(elf, of_elf(elf).relative_relocation)


def _recovered(elf: ElfFile) -> RecoveredTable | None:
    """Return the symbols of a program without a symbol table, made on the first call.

    None for one that has a symbol table. Raises `GogdbError` if it has no tables of functions.
    """
    if elf.has_symbols:
        return None
    from gogdb.runtime.stripped.table import RecoveredTable  # few programs need it

    if not isinstance(elf.symbol_table, RecoveredTable):
        elf.symbol_table = RecoveredTable(elf, of_elf(elf))
    return elf.symbol_table


_said: set[tuple[str, tuple[int, int] | None, str]] = set()


def _stamp(file: str | int) -> tuple[int, int] | None:
    """Return a file's modification time in ns and its size in bytes, None if it is not there."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _state(path: str) -> tuple[object, ...]:
    """Return what decides which file is the program: another state needs another look."""
    inferior = gdb.selected_inferior()
    settings = parameters.refuse_mismatch(), parameters.runtime()
    files = _stamp(path), *gdb.objfiles()
    return inferior.num, inferior.pid, process.connection(inferior), *settings, *files


_current: Session | None = None
_current_state: tuple[object, ...] = ()


def last_session() -> Session | None:
    """Return the session that a command used last, None before the first one."""
    return _current


def session() -> Session:
    """Return the session of the program that GDB has loaded. Raises `GogdbError` without one."""
    global _current, _current_state
    process.begin()
    if _current is None or _state(_current.path) != _current_state:
        file = _go_program()
        if _current is None or not _current.follows(file):
            _current = Session(file)
            if notice := support_notice(_current.elf.go_version()):
                _current.say_once(f"warning: {notice}")
        if file.mismatch:
            gdb.write(f"warning: {file.mismatch}\n", gdb.STDERR)
        _current_state = _state(_current.path)
    check_architecture(_current.arch)
    return _current
