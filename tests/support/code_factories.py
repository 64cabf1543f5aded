"""Invented functions: their entry points, frame sizes and flags."""

from __future__ import annotations

from gogdb.runtime.symtab import Function, InlineFrame

# name → (entry, bytes below the return address, topframe, spwrite, wrapper)
FUNCTIONS = {
    "main.works": (0x1000, 16, False, False, False),
    "main.wrapper": (0x1100, 8, False, False, True),
    "runtime.goexit": (0x1200, 0, True, False, False),
    "runtime.sighandler": (0x1300, 40, False, False, False),
    "runtime.sigtramp": (0x1400, 56, True, False, False),
    "runtime.mstart": (0x1500, 0, True, False, False),
    "runtime.schedule": (0x1600, 24, False, False, False),
    "runtime.cgocallback": (0x1700, 24, False, True, False),
    "runtime.cgocallbackg": (0x1800, 16, False, False, False),
    "runtime.panicwrap": (0x1900, 16, False, False, False),
    "syscall.rawVforkSyscall": (0x1A00, -8, False, False, False),
    "__tsan_write": (0x1B00, 0, False, False, False),
    "racecall": (0x1C00, 0, False, True, False),
    "runtime.racewrite": (0x1D00, 0, False, False, False),
    "asancall": (0x1F00, 8, False, True, False),
    "runtime.racecallbackthunk": (0x1E00, 56, False, False, False),
    "runtime.asyncPreempt": (0x2000, 128, False, False, False),
    "runtime.asyncPreempt2": (0x2100, 24, False, False, False),
    "runtime.systemstack": (0x2200, 8, False, True, False),
    "runtime.mcall": (0x2300, 8, False, True, False),
    "runtime.asmcgocall": (0x2400, 0, False, True, False),
    "runtime.sigpanic": (0x2500, 24, False, False, False),
}


def inside(name: str) -> int:
    """Return a pc inside a function."""
    return FUNCTIONS[name][0] + 0x10


class Symbols:
    """A `SymbolTable` of FUNCTIONS."""

    injected = frozenset({"runtime.sigpanic"})
    is_empty = False

    def function(self, pc: int) -> Function | None:
        for name, (entry, _, topframe, spwrite, _) in FUNCTIONS.items():
            if entry <= pc < entry + 0x100:
                return Function(name, entry, entry + 0x100, topframe, spwrite, False, 0, 0)
        return None

    def _named(self, pc: int) -> str:
        function = self.function(pc)
        assert function is not None
        return function.name

    def lookup(self, name: str) -> Function | None:
        return self.function(FUNCTIONS[name][0]) if name in FUNCTIONS else None

    def sp_delta(self, pc: int) -> int | None:
        function = self.function(pc)
        # C code that Go's linker has linked is in the tables, without depths
        in_c = function is None or function.name.startswith("__")
        return None if in_c else FUNCTIONS[self._named(pc)][1]

    def sp_moved_at(self, pc: int) -> int | None:
        """Return the end of the only instruction that moves SP, eight bytes into a function."""
        function = self.function(pc)
        return function.entry + 8 if function else None

    def inline_frames(self, pc: int) -> tuple[InlineFrame, ...]:
        name = self._named(pc)
        return (InlineFrame(name, "f.go", pc & 0xFF, FUNCTIONS[name][4]),)
