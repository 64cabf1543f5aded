"""The claims of rt0_go's stages, from the entry point to osinit (asm_amd64.s, os_linux.go)."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.claims.context import CheckContext, arguments, m_tls, stage
from gogdb.boot.patterns_amd64 import g0_stack_size
from gogdb.boot.process_stack import read_arguments
from gogdb.boot.record import Claim
from gogdb.inferior.symbols import function

MAGIC = 0x123  # rt0_go's test of the TLS slot (asm_amd64.s)


@stage("entry")
def _entry(s: CheckContext) -> Iterator[Claim]:
    now, target = s.now, s.program.target
    entry = target.binary.entry + target.slide
    yield Claim("rip", now.pc == entry, {"entry": entry})
    given = read_arguments(target, now.sp)
    s.values |= {
        "argc": given.argc,
        "argv": given.argv,
        "envp": given.envp,
        "envc": len(given.envp),
        "auxc": len(given.auxv),
        "fs_base": now.registers["fs_base"],
        "slide": target.slide,
        "loaded": bool(given.auxv.get("AT_BASE")),
    }
    yield Claim("argc", given.argc == len(given.argv) >= 1, {"argc": given.argc})
    yield Claim("auxv", given.auxv.get("AT_ENTRY") == entry, {})
    yield Claim("rbp", now.registers["rbp"] == 0)
    free = now.tls_slot != now.m0.address + m_tls(s) and not now.tls_g_label
    yield Claim("no-g", free and s.program.runtime_untouched(), {})


@stage("rt0-go")
def _rt0_go(s: CheckContext) -> Iterator[Claim]:
    registers, symbols = s.now.registers, s.program.target.symbols
    given = arguments(s)
    argc, argv = registers["rdi"] & 0xFFFF_FFFF, registers["rsi"]
    s.values |= {"argc": argc, "argv": argv}
    if given:
        yield Claim("argc", argc == given.argc, {"argc": argc})
        yield Claim("argv", argv == given.argv_address, {"argv": argv})
    runtime, layout = s.now.runtime, s.program.reader.layout
    for name, address in (("g0", runtime.g0), ("m0", runtime.m0)):
        section, size = symbols.section(address), layout(f"runtime.{name[0]}").size
        held = section in (".bss", ".noptrbss") and s.zero(address, size)
        yield Claim(name, held, {"address": address, "section": section, "size": size})


@stage("g0-stack")
def _g0_stack(s: CheckContext) -> Iterator[Claim]:
    g0, sp = s.now.g0, s.now.sp
    start = s.earlier("entry")
    s.values |= {"lo": g0.stack.lo, "hi": g0.stack.hi, "size": g0.stack.size}
    yield Claim("hi", g0.stack.hi == sp, {"hi": g0.stack.hi})
    held = g0.stack.size == _carved(s)
    yield Claim("lo", held, {"lo": g0.stack.lo, "size": g0.stack.size})
    yield Claim("guards", g0.stackguard0 == g0.stackguard1 == g0.stack.lo, {"lo": g0.stack.lo})
    if start:
        below = start.shown.sp - g0.stack.hi
        yield Claim("os-stack", 0 < below < 1 << 17, {"below": below})


@stage("settls")
def _settls(s: CheckContext) -> Iterator[Claim]:
    tls = s.now.runtime.m0 + m_tls(s)
    before, after = s.at("before"), s.at("after")
    fs_base, offset = after.registers["fs_base"], s.program.target.binary.tls_offset
    s.values |= {
        "tls": tls,
        "fs_base": fs_base,
        "before": before.registers["fs_base"],
        "offset": offset,
    }
    yield Claim("rdi", before.registers["rdi"] == tls, {"tls": tls})
    yield Claim(
        "slot",
        after.tls_slot == tls,
        {"fs_base": fs_base, "offset": offset, "slot": after.tls_slot},
    )


@stage("tls-check")
def _tls_check(s: CheckContext) -> Iterator[Claim]:
    tls = s.now.runtime.m0 + m_tls(s)
    yield Claim("magic", s.word(tls) == MAGIC == s.now.tls_g, {"tls": tls, "value": s.word(tls)})


@stage("tls-g0")
def _tls_g0(s: CheckContext) -> Iterator[Claim]:
    now = s.now
    s.values |= {"slot": now.tls_slot}
    yield Claim("slot", now.tls_g == now.runtime.g0, {"slot": now.tls_slot, "g0": now.runtime.g0})
    yield Claim("current", now.tls_g_label == "g0")


@stage("m0-g0")
def _m0_g0(s: CheckContext) -> Iterator[Claim]:
    now = s.now
    yield Claim("m0.g0", now.m0.g0 == now.runtime.g0, {"g0": now.runtime.g0})
    yield Claim("g0.m", now.g0.m == now.runtime.m0, {"m0": now.runtime.m0})


@stage("args")
def _args(s: CheckContext) -> Iterator[Claim]:
    reader, given = s.program.reader, arguments(s)
    argc, argv = reader.int32(s.data("runtime.argc")), s.word(s.data("runtime.argv"))
    s.values |= {"argc": argc, "argv": argv, "strings": given.argv if given else ()}
    if given:
        yield Claim("argc", argc == given.argc, {"argc": argc})
        yield Claim("argv", argv == given.argv_address, {"argv": argv})
    yield Claim("r14", s.now.registers["r14"] == s.now.runtime.g0, {"g0": s.now.runtime.g0})


@stage("osinit")
def _osinit(s: CheckContext) -> Iterator[Claim]:
    ncpu, cpus = s.now.runtime.ncpu, s.program.target.cpu_count()
    s.values |= {"ncpu": ncpu}
    if cpus is None:
        yield Claim("some", ncpu >= 1, {"ncpu": ncpu})
    else:
        yield Claim("ncpu", ncpu == cpus, {"ncpu": ncpu, "cpus": cpus})


def _carved(s: CheckContext) -> int:
    """The bytes that rt0_go's own LEAQ -n(SP), BX takes off rsp: 64 KiB, or 104 less (go1.19)."""
    symbol = function(s.program.target.symbols, "runtime.rt0_go")
    return g0_stack_size(s.program.target.read(symbol.address, symbol.size)) if symbol else 0
