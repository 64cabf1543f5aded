"""Every runtime variable and function that gogdb depends on, and what each is needed for.

Lookups go through `RuntimeSymbols`, so that a symbol that a program lacks is reported by name, and
so that another source of symbols can take the place of the ELF symbol table. The functions that
the boot walk and go-boot follow stop at are named by their stages instead.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior.protocol import Symbol, Symbols

__all__ = [
    "ESSENTIAL",
    "RUNTIME_SYMBOLS",
    "Kind",
    "MissingSymbolError",
    "RuntimeSymbol",
    "RuntimeSymbols",
    "find_function",
]


class Kind(Enum):
    """How gogdb uses a symbol."""

    VARIABLE = "variable"  # its memory is read
    FUNCTION = "function"  # its address or its code is looked at
    FRAME = "frame"  # it is recognized on a stack, by the name in the pclntab


class RuntimeSymbol(NamedTuple):
    """A symbol that gogdb depends on.

    `loss` completes "this program lacks NAME: ". `older_name` is the name before Go 1.`since`.
    Without an `older_name`, `since` is the first release that has the symbol at all, and a
    program without it is from an older release.
    """

    name: str
    kind: Kind
    loss: str
    older_name: str = ""
    since: int | None = None


def _variable(
    name: str, loss: str, older_name: str = "", since: int | None = None
) -> RuntimeSymbol:
    return RuntimeSymbol(name, Kind.VARIABLE, loss, older_name, since)


def _function(name: str, loss: str, since: int | None = None) -> RuntimeSymbol:
    return RuntimeSymbol(name, Kind.FUNCTION, loss, since=since)


def _frame(name: str, loss: str, since: int | None = None) -> RuntimeSymbol:
    return RuntimeSymbol(name, Kind.FRAME, loss, since=since)


_STACKS = "go-stacks may end or begin a stack at the wrong frame"
_GDB_STACKS = "after go-symbols, GDB may end a stack at the wrong frame"
_WHERE = "go-gmp g may show a frame of the runtime as the place of a goroutine"
_ACTIVITY = "go-gmp m shows less precisely what an M does"
_BOOT = "go-boot cannot check every claim"
_FOLLOW = "go-boot follow cannot check every claim"

RUNTIME_SYMBOLS = (
    # proc.go, runtime2.go
    _variable("runtime.g0", "gogdb can read nothing"),
    _variable("runtime.m0", "gogdb can read nothing"),
    _variable("runtime.sched", "go-gmp sched cannot show the scheduler"),
    _variable("runtime.allgs", "go-gmp g and go-stacks cannot check the list of goroutines"),
    _variable("runtime.allglen", "go-gmp g and go-stacks cannot list the goroutines"),
    _variable("runtime.allgptr", "go-gmp g and go-stacks cannot list the goroutines"),
    _variable("runtime.allm", "go-gmp m cannot list the Ms"),
    _variable("runtime.allp", "go-gmp p cannot list the Ps"),
    _variable("runtime.gomaxprocs", "go-gmp sched cannot show gomaxprocs"),
    _variable(
        "runtime.numCPUStartup",
        "go-gmp sched cannot show ncpu",
        older_name="runtime.ncpu",
        since=25,
    ),
    _variable("runtime.gStatusStrings", "statuses are shown as numbers"),  # traceback.go
    _variable("runtime.waitReasonStrings", "wait reasons are not shown"),
    _variable(
        "runtime.isIdleInSynctest",
        "which goroutines of a synctest bubble are durably blocked is not shown",
        since=24,
    ),
    _variable("runtime.sigtable", "signals are shown by number"),  # sigtab_linux_generic.go
    _variable("runtime.buildVersion", "the Go release is not known without build information"),
    # symtab.go
    _variable("runtime.firstmoduledata", "functions, lines and stacks cannot be shown"),
    # symtab.go: the bounds of the type descriptors, needed without debug information
    _variable("runtime.types", "the layouts of the runtime's structs are unknown"),
    _variable("runtime.etypes", "the layouts of the runtime's structs are unknown"),
    # runtime1.go, asm_amd64.s, proc.go
    _variable("runtime.argc", _BOOT),
    _variable("runtime.argv", _BOOT),
    _variable("runtime.mainPC", _BOOT),
    _variable("runtime.mainStarted", "go-boot cannot tell the first round of the scheduler"),
    _variable("runtime.isarchive", "go-boot may wait for main.main in a C program"),
    _variable("runtime.islibrary", "go-boot may wait for main.main in a C program"),
    _variable("_cgo_init", "go-boot takes the program for one without cgo"),
    # cgroup_linux.go, proc.go: since then a cgroup's CPU limit counts in GOMAXPROCS
    _function("runtime.defaultGOMAXPROCS", _BOOT, since=25),
    _function("runtime.rt0_go", _BOOT),
    _function("runtime.main", _BOOT),
    _function("runtime.sysmon", _BOOT),
    _function("runtime.newm1", "a recorded program may hang in GDB when it starts a thread"),
    _function("runtime.goexit", "go-gobuf cannot tell a goroutine that has never run"),
    _function("runtime.gogo", "go-gobuf cannot show what gogo will do"),
    # mbitmap.go
    _frame("runtime.findObject", "addresses in the heap are not explained"),
    _frame("runtime.spanOf", "addresses in the heap are not explained"),  # without inlining
    # traceback.go: frames at which a traceback changes stacks, starts or ends
    _frame("runtime.sigtramp", _STACKS),
    _frame("runtime.cgocallback", _STACKS),
    _frame("runtime.racecallbackthunk", _STACKS),  # race_amd64.s, with -race
    # asm_amd64.s, sys_linux_amd64.s: frames at which a stack ends for GDB's own unwinder
    _frame("runtime.morestack", _GDB_STACKS),
    _frame("runtime.asmcgocall", _GDB_STACKS),
    _frame("runtime.cgoSigtramp", _GDB_STACKS),
    _frame("runtime.sigreturn__sigaction", _GDB_STACKS, since=21),
    _frame("runtime.sigpanic", _STACKS),
    _frame("runtime.gopanic", _STACKS),
    _frame("runtime.panicwrap", _STACKS),
    _frame("runtime.asyncPreempt", _STACKS),
    _frame("runtime.asyncPreempt2", "registers of preempted goroutines are not known"),
    _frame("runtime.debugCallV2", _STACKS),
    _frame("runtime.(*unwinder).next", _STACKS, since=21),
    _frame("runtime.deferreturn", "wrappers made by the compiler are not recognized"),
    _frame("runtime.gopark", _WHERE),
    _frame("runtime.goparkunlock", _WHERE),
    _frame("runtime.mcall", _WHERE),
    _frame("runtime.systemstack_switch", _WHERE),
    _frame("runtime.corostart", "go-gmp g counts coroutines as the runtime's own", since=22),
    _frame("runtime.semacquire1", "go-stacks --group cannot tell which locks are waited for"),
    _frame("runtime.templateThread", _ACTIVITY),
    _frame("runtime.gcstopm", _ACTIVITY),
    _frame("runtime.stoplockedm", _ACTIVITY),
    _frame("runtime.netpoll", _ACTIVITY),
    _frame("runtime.stopm", _ACTIVITY),
    _frame("runtime.findRunnable", _ACTIVITY),
    _frame("runtime.schedule", _ACTIVITY),
    _frame("runtime.gcenable", _BOOT),
    _frame("runtime.bgsweep", _BOOT),
    _frame("runtime.bgscavenge", _BOOT),
    _frame("runtime.forcegc", _BOOT),
    _frame("runtime.gopreempt_m", _FOLLOW),
    _frame("runtime.asyncPreempt2.func1", _FOLLOW, since=26),
    _frame("runtime.casgstatus", _FOLLOW),
    _frame("runtime.ready", _FOLLOW),
    _frame("runtime.goready", _FOLLOW),
    _frame("runtime.systemstack", _FOLLOW),
)

ESSENTIAL = ("runtime.g0", "runtime.m0")
"""The variables without which no command works."""

_BY_NAME = {symbol.name: symbol for symbol in RUNTIME_SYMBOLS}


class MissingSymbolError(GogdbError):
    """A program without a symbol that gogdb depends on; the message says what cannot be done."""

    def __init__(self, name: str) -> None:
        symbol = _BY_NAME[name]
        names = " and ".join(filter(None, (symbol.name, symbol.older_name)))
        super().__init__(f"this program lacks {names}: {symbol.loss}")


def find_function(symbols: Symbols, name: str) -> Symbol | None:
    """Return a function by its name in Go, None if the program does not have it.

    The linker calls an assembly function NAME.abi0. Where Go code has both names, NAME.abi0 is a
    wrapper.
    """
    return symbols.find(name) or symbols.find(f"{name}.abi0")


class RuntimeSymbols:
    """The symbols of one program that are in `RUNTIME_SYMBOLS`.

    Looking up any other name is a mistake in gogdb, and raises `KeyError`.
    """

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols

    def variable(self, name: str) -> Symbol | None:
        """Return a variable, by its older name if need be; None if the program lacks both."""
        older_name = _BY_NAME[name].older_name
        return self._symbols.find(name) or (self._symbols.find(older_name) if older_name else None)

    def function(self, name: str) -> Symbol | None:
        """Return a function, None if the program lacks it."""
        return find_function(self._symbols, _BY_NAME[name].name)

    def address(self, name: str) -> int:
        """Return the address of a variable. Raises `MissingSymbolError`."""
        symbol = self.variable(name)
        if symbol is None:
            raise MissingSymbolError(name)
        return symbol.address

    def missing(self) -> list[RuntimeSymbol]:
        """Return the variables and functions that this program lacks.

        A symbol that came with a newer Go than the program's counts as missing.
        """
        look_up = {Kind.VARIABLE: self.variable, Kind.FUNCTION: self.function}
        return [s for s in RUNTIME_SYMBOLS if s.kind in look_up and not look_up[s.kind](s.name)]
