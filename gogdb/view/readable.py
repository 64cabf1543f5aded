"""What can be read of a program, and from what: the lines of `gogdb doctor PROGRAM`.

Variables come from a symbol table or from the code that uses them, structs from debug information
or from type descriptors. What is lacking is said with what it costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.finding import Finding
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.layout import Layouts, Struct
from gogdb.runtime import goversion, schedt
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.stripped.table import RecoveredTable
from gogdb.runtime.symbols import ESSENTIAL, RUNTIME_SYMBOLS, Kind, RuntimeSymbol, RuntimeSymbols
from gogdb.runtime.symtab import SymbolTable

__all__ = ["Sources", "program_findings", "runtime_findings"]

_ESSENTIAL_STRUCTS = ("runtime.g", "runtime.m", "runtime.p", "runtime.moduledata")
# What else gogdb reads, with what is lost without a layout
_STRUCTS = {
    "runtime.sudog": "what goroutines wait for is not shown",
    "runtime.mspan": "addresses in the heap are not explained",
}
# Programs have these only if they use them
_OPTIONAL = {"_cgo_init", "runtime.isIdleInSynctest"}
_SETTINGS = {"CGO_ENABLED=1": "cgo", "GOAMD64=v1": "", "-compiler=gc": "", "-buildmode=exe": ""}


class Sources(NamedTuple):
    """Where the parts of a program come from.

    `debug_files` are the paths of the files in which GDB has its debug information. `recovered` is
    what stands in for a symbol table.
    """

    elf: ElfFile
    processor: str
    symbols: RuntimeSymbols
    layouts: Layouts
    functions: SymbolTable
    debug_files: Sequence[str]
    recovered: RecoveredTable | None


def program_findings(sources: Sources) -> Iterator[Finding]:
    """Yield what can be read of a program, and from what."""
    yield _identity(sources)
    yield _functions(sources.functions)
    yield _debug_info(sources)
    yield _symbol_table(sources.elf)
    yield from _structs(sources)
    yield from _variables(sources)


def runtime_findings(runtime: Runtime, recovered: RecoveredTable | None) -> Iterator[Finding]:
    """Yield what the memory of a process or of a core file tells."""
    if recovered:
        yield from _checks(recovered)
    for problem in runtime.problems:
        yield Finding("not ok", problem.why)
    threads = len(runtime.threads.all)
    unreadable = [g for g in runtime.gs if g.unreadable]
    yield Finding(
        "not ok" if unreadable or runtime.lacks("gs") else "ok",
        f"{len(runtime.gs)} gs on allgs, {len(unreadable)} of them unreadable; "
        f"{len(runtime.ms)} Ms, {len(runtime.ps)} Ps; {threads} threads",
    )


def _identity(sources: Sources) -> Finding:
    elf = sources.elf
    version = elf.go_version()
    words = [version or "no Go version in it", sources.processor]
    words += ["position-independent"] if elf.is_pie else []
    for setting in elf.build_settings():
        if setting.startswith("-") or setting in _SETTINGS:
            words += filter(None, [_SETTINGS.get(setting, setting)])
    message = f"{elf.path}: {', '.join(words)}"
    notice = goversion.support_notice(version)
    return Finding("note", message, notice) if notice else Finding("ok", message)


def _functions(functions: SymbolTable) -> Finding:
    if functions.is_empty:
        why = next(iter(functions.problems), "")
        return Finding("not ok", "no functions, files and lines can be read", why)
    damage = (*functions.problems, *functions.damage)
    if damage:
        return Finding("not ok", "functions, files and lines", damage[0])
    return Finding("ok", f"{functions.function_count:,} functions, with files and lines: pclntab")


def _debug_info(sources: Sources) -> Finding:
    if sources.debug_files:
        paths = ", ".join(_where(path, sources.elf) for path in sources.debug_files)
        return Finding("ok", f"debug information: {paths}")
    return Finding(
        "note",
        "no debug information (-ldflags=-w, strip)",
        "GDB knows no types, so $go_g() and its like have no fields, and --memory no variables",
    )


def _symbol_table(elf: ElfFile) -> Finding:
    if elf.has_symbols:
        return Finding("ok", f"symbol table: {_where((elf.symbol_file or elf).path, elf)}")
    return Finding(
        "note",
        "no symbol table (-ldflags=-s, strip)",
        "variables are looked for in the code that uses them; `go-symbols` tells GDB the functions",
    )


def _where(path: str, elf: ElfFile) -> str:
    return "in the program" if path == elf.path else f"in {path}"


def _structs(sources: Sources) -> Iterator[Finding]:
    layouts = sources.layouts
    found = {name: _layout(layouts, name) for name in (*_ESSENTIAL_STRUCTS, *_STRUCTS)}
    names = ", ".join(name.removeprefix("runtime.") for name, layout in found.items() if layout)
    if names:
        yield Finding("ok", f"structs by {layouts.source}: {names}")
    for name, layout in found.items():
        if not layout:
            loss = _STRUCTS.get(name)
            why = loss or "gogdb can read nothing"
            yield Finding("note" if loss else "not ok", f"no layout of {name}", why)
    if not _layout(layouts, "runtime.schedt"):
        yield _schedt(sources.elf.go_version())


def _layout(layouts: Layouts, name: str) -> Struct | None:
    try:
        return layouts.struct(name)
    except GogdbError:
        return None


def _schedt(version: str) -> Finding:
    release = goversion.parse(version)
    if schedt.layout(release):
        return Finding("ok", f"runtime.schedt: the layout of {release}, which gogdb has with it")
    return Finding(
        "note",
        f"runtime.schedt: gogdb has no layout of {release or 'this Go'}",
        "go-gmp sched tries those of other releases, and says so",
    )


def _variables(sources: Sources) -> Iterator[Finding]:
    release = goversion.parse(sources.elf.go_version())
    wanted = [s for s in RUNTIME_SYMBOLS if s.kind is Kind.VARIABLE and _is_in(s, release)]
    found = [s.name for s in wanted if sources.symbols.variable(s.name)]
    recovered = sources.recovered
    if found and recovered is None:
        yield Finding("ok", f"variables by the symbol table: {_short(found)}")
    if recovered:
        by_code = [name for name in found if recovered.users(name)]
        in_module = [name for name in found if not recovered.users(name)]
        if in_module:
            yield Finding("ok", f"variables by the module data: {_short(in_module)}")
        for name in by_code:
            users = ", ".join(map(_base, recovered.users(name)))
            yield Finding("ok", f"{name}: by the code of {users}")
    for symbol in wanted:
        if symbol.name not in found and symbol.name not in _OPTIONAL:
            is_essential = symbol.name in ESSENTIAL
            yield Finding("not ok" if is_essential else "note", f"no {symbol.name}", symbol.loss)


def _is_in(symbol: RuntimeSymbol, release: goversion.GoVersion | None) -> bool:
    """Report whether a Go release has a symbol, by any name."""
    is_new = symbol.since is not None and not symbol.older_name
    return not (is_new and release and release.minor < (symbol.since or 0))


def _short(names: Sequence[str]) -> str:
    return ", ".join(map(_base, names))


def _base(name: str) -> str:
    return name.removeprefix("runtime.")


def _checks(recovered: RecoveredTable) -> Iterator[Finding]:
    if recovered.confirmed:
        yield Finding("ok", f"memory confirms {_short(sorted(recovered.confirmed))}")
    for name in sorted(recovered.refuted):
        yield Finding("not ok", f"memory refutes what was taken for {name}", "it is not used")
    if not recovered.confirmed and not recovered.refuted:
        yield Finding("note", "the runtime has not begun, so variables cannot be checked yet")
