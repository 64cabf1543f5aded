"""A symbol table for a program that has none, made from its tables of functions and its code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from gogdb.errors import Unreadable
from gogdb.inferior.arch import Arch
from gogdb.inferior.arch.reference import Reference
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.elf_symbols import ElfSymbol
from gogdb.inferior.layout import Struct
from gogdb.inferior.linked_file import LinkedFile
from gogdb.inferior.memory import Memory
from gogdb.runtime import goversion, schedt
from gogdb.runtime.moduledata import FIELDS
from gogdb.runtime.stripped.contents import CONTENTS, Contents
from gogdb.runtime.stripped.linked_module import find_module
from gogdb.runtime.stripped.live_checks import LiveChecks
from gogdb.runtime.stripped.ways import SCHED_FREEM, SCHED_LOCK, VARIABLES
from gogdb.runtime.symtab import Function, SymbolTable
from gogdb.runtime.typedesc import DescriptorLayouts

__all__ = ["RecoveredTable"]

_ABI0 = ".abi0"  # what the linker appends to the name of an assembly function
# Symbols of the linker that are fields of runtime.firstmoduledata, too
_BOUNDS = {"runtime.types": "types", "runtime.etypes": "etypes"}
# Bytes of the variables that are not of 8 bytes
_SIZES = {
    "runtime.allgs": 24,
    "runtime.allp": 24,
    "runtime.gomaxprocs": 4,
    "runtime.numCPUStartup": 4,
    "runtime.argc": 4,
    "runtime.mainStarted": 1,
    "runtime.isarchive": 1,
    "runtime.islibrary": 1,
}
_STRUCTS = {"runtime.g0": "runtime.g", "runtime.m0": "runtime.m"}
_OUTSIDE = {"_cgo_init"}  # variables of C, which may lie outside of the module's data
_OLDER_NAMES = {"runtime.ncpu": "runtime.numCPUStartup"}


class RecoveredTable:
    """The functions of a program and the variables of its runtime, at the addresses of its file.

    Variables are those of `RUNTIME_SYMBOLS`.
    """

    def __init__(self, elf: ElfFile, arch: Arch) -> None:
        """Find the tables of functions. Raises `GogdbError` if there are none."""
        self._arch = arch
        self.file = LinkedFile(elf, arch.relative_relocation)
        self._module = find_module(self.file, arch.pc_quantum)
        self._variables: dict[str, ElfSymbol | None] = {
            "runtime.firstmoduledata": ElfSymbol(
                "runtime.firstmoduledata", self._module.address, self._module.layout.size
            ),
            **{name: ElfSymbol(name, self._module.word(word), 0) for name, word in _BOUNDS.items()},
        }
        self._uses: dict[str, Sequence[Reference]] = {}
        self._verdicts: Mapping[str, bool | None] = {}
        self._is_confirmed = False

    def find(self, name: str) -> ElfSymbol | None:
        """Return the function or variable with this name, unless memory has refuted it."""
        known = _OLDER_NAMES.get(name, name)
        symbol = self._variable(known) or self._function(name)
        refuted = self._verdicts.get(known) is False
        return symbol._replace(name=name) if symbol and not refuted else None

    def check(self, memory: Memory, slide: int) -> bool:
        """Check the variables in the memory of the program, `slide` bytes above its file.

        Return whether others are found from now on. Nothing is read once all are confirmed.
        """
        if self._is_confirmed:
            return False

        def find(name: str) -> int:
            symbol = self._variable(name)
            return symbol.address + slide if symbol else 0

        verdicts = LiveChecks(memory, self.layouts, self._schedt, find).verdicts()
        self._is_confirmed = verdicts is not None and False not in verdicts.values()
        before, self._verdicts = self.refuted, verdicts or {}
        return before != self.refuted

    @property
    def refuted(self) -> frozenset[str]:
        """The variables that memory has refuted when it was checked last."""
        return self._with_verdict(False)

    @property
    def confirmed(self) -> frozenset[str]:
        """The variables that memory has confirmed when it was checked last."""
        return self._with_verdict(True)

    def _with_verdict(self, verdict: bool) -> frozenset[str]:
        return frozenset(name for name, other in self._verdicts.items() if other is verdict)

    def users(self, name: str) -> list[str]:
        """Return the functions of this program whose code tells where a variable is."""
        ways = VARIABLES.get(SCHED_LOCK if name == "runtime.sched" else name, ())
        functions = dict.fromkeys(way.function for way in ways)
        return [name for name in functions if self.functions.lookup(name)]

    def at(self, address: int) -> ElfSymbol | None:
        """Return the function that contains `address`."""
        function = self.functions.function(address)
        if function is None:
            return None
        is_abi0 = self.functions.is_wrapper(function) and not self._is_assembly(function.name)
        return self._symbol(function, function.name + _ABI0 * is_abi0)

    def is_undefined(self, name: str) -> bool:
        """Return False: a symbol of another file has no name here."""
        return False

    @cached_property
    def tls(self) -> Mapping[str, int]:
        """The offset of the word with the current g in the TLS block, if code tells it."""
        code, _ = self._code("runtime.gogo")
        value = self._arch.tls_symbol(self.file.elf, code)
        return {} if value is None else {"runtime.tlsg": value}

    @cached_property
    def functions(self) -> SymbolTable:
        offsets = {name: self._module.layout.offset(name) for name in FIELDS}
        return SymbolTable(self.file, self._arch, self._module.address, offsets)

    @cached_property
    def layouts(self) -> DescriptorLayouts:
        """The layouts of the runtime's structs, from the type descriptors in the file."""
        types, etypes = self._module.word("types"), self._module.word("etypes")
        return DescriptorLayouts(self.file, types, etypes)

    def _function(self, name: str) -> ElfSymbol | None:
        """Return a function by the name that the linker gives it, and assembly by either name.

        Where Go code has both names, NAME.abi0 is the wrapper through which assembly calls it.
        """
        base = name.removesuffix(_ABI0)
        if base == name or self._is_assembly(base):
            function = self.functions.lookup(base)
        else:
            function = self.functions.wrapper(base)
        return function and self._symbol(function, name)

    def _is_assembly(self, name: str) -> bool:
        function = self.functions.lookup(name)
        return function is not None and function.asm

    def _symbol(self, function: Function, name: str) -> ElfSymbol:
        return ElfSymbol(name, function.entry, self.functions.code_size(function))

    def _variable(self, name: str) -> ElfSymbol | None:
        if name not in self._variables:
            self._variables[name] = (
                self._sched() if name == "runtime.sched" else self._look_for(name)
            )
        return self._variables[name]

    def _look_for(self, name: str) -> ElfSymbol | None:
        for address in self._candidates(name):
            if size := self._size(name, address):
                return ElfSymbol(name, address, size)
        return None

    def _candidates(self, name: str) -> Sequence[int]:
        """Return the addresses at which a variable may be."""
        ways = VARIABLES.get(name, ())
        if name in CONTENTS:
            found = (way.select(self._references(way.function)) for way in ways)
            return [address for addresses in found for address in addresses]
        agreed: Sequence[int] | None = None
        for way in ways:
            uses = self._references(way.function)
            if name not in _OUTSIDE:
                uses = [use for use in uses if self._is_data(use.target)]
            if selected := way.select(uses):
                kept = selected if agreed is None else agreed
                agreed = [address for address in kept if address in selected]
        return agreed or ()

    def _size(self, name: str, address: int) -> int:
        """Return the size of a variable in bytes, 0 if it is not the one at `address`."""
        if name in CONTENTS:
            main = self.functions.lookup("runtime.main")
            count = self._count(name, address)
            contents = Contents(
                self.file, address, count, main.entry if main else 0, self._wait_reasons
            )
            try:
                return CONTENTS[name](contents)
            except Unreadable:
                return 0
        if name in _STRUCTS:
            layout = self.layouts.struct(_STRUCTS[name])
            return layout.size if layout else 0
        return _SIZES.get(name, 8)

    def _count(self, name: str, address: int) -> int:
        """Return the number of elements of an array by the check of an index into it."""
        for way in VARIABLES[name]:
            bounds = self._arch.index_bounds(*self._code(way.function))
            for use in self._references(way.function):
                before = [bound for site, bound in bounds if site < use.site]
                if use.target == address and before:
                    return before[-1]
        return 0

    def _wait_reasons(self) -> Sequence[str]:
        symbol = self._variable("runtime.waitReasonStrings")
        if symbol is None:
            return ()
        return Contents(self.file, symbol.address, symbol.size // 16, 0, tuple).strings()

    def _sched(self) -> ElfSymbol | None:
        lock, layout = self._look_for(SCHED_LOCK), self._schedt
        if lock is None or layout is None:
            return None
        return ElfSymbol("runtime.sched", lock.address - layout.offset("lock"), layout.size)

    @cached_property
    def _schedt(self) -> Struct | None:
        """The layout of runtime.sched: of the program's Go release, if that is known.

        mexit locks sched.lock and uses sched.freem, whose distance differs between layouts.
        """
        release = goversion.parse(self.file.elf.go_version())
        known, lock = schedt.layout(release), self._look_for(SCHED_LOCK)
        layouts = [known] if known else [layout for _, layout in schedt.guesses(release)]
        words = self._candidates(SCHED_FREEM)
        for layout in layouts:
            if lock and lock.address - layout.offset("lock") + layout.offset("freem") in words:
                return layout
        return None

    def _is_data(self, address: int) -> bool:
        return self._module.word("noptrdata") <= address < self._module.word("end")

    def _references(self, function: str) -> Sequence[Reference]:
        """Return what a function refers to, nothing if the program does not have it."""
        if function not in self._uses:
            self._uses[function] = self._arch.references(*self._code(function))
        return self._uses[function]

    def _code(self, function: str) -> tuple[bytes, int]:
        """Return the code of a function and its address, b"" if the program does not have it."""
        found = self.functions.lookup(function)
        if found is None:
            return b"", 0
        return self.file.read(found.entry, found.end - found.entry), found.entry
