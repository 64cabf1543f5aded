"""rt0_go: from the entry point to osinit (runtime/asm_amd64.s, runtime/os_linux.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gogdb.boot.anchors import AfterBytes, AfterCall, AtCall, Entry, ProgramEntry
from gogdb.boot.hint import G0, M0, Hint, examine, print_bounds, print_hex, print_sp_below_hi
from gogdb.boot.observation import Observation
from gogdb.boot.patterns_amd64 import (
    RT0_ARGC,
    RT0_ARGV,
    RT0_BOUNDED_G0,
    RT0_G0,
    RT0_M0,
    SETTLS_SLOT,
    STORE_G0_M,
    STORE_STACK_HI,
    STORE_TLS_G0,
    STORE_TLS_MAGIC,
    g0_stack_size,
)
from gogdb.boot.process_stack import ProcessArguments
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.boot.stage import CheckContext, Evidence, Record, Stage

__all__ = ["STAGES"]

RT0_GO = "runtime.rt0_go"
TLS_MAGIC = 0x123  # what rt0_go writes to test the TLS slot (asm_amd64.s)
MAX_ABOVE_G0 = 1 << 17  # bytes between the entry's sp and g0's hi: a generous bound for the frames


class ProgramStart(Stage):
    """The first instruction of the program, which the kernel or the dynamic loader jumps to."""

    id = "entry"
    stops = (("at", ProgramEntry()),)
    show = ("arguments",)
    options = ("return", "argc", "nothing")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, target = context.now, context.program.target
        entry, process = target.binary.entry + target.slide, now.process
        yield Claim("rip", now.pc == entry, {"entry": entry})
        if process:
            count = process.argc
            yield Claim("argc", count == len(process.argv) >= 1, {"argc": count})
            yield Claim("auxv", process.auxv.get("AT_ENTRY") == entry, {})
        if not _is_loaded(process):  # musl's dynamic loader leaves something else in rbp
            yield Claim("rbp", now.registers.fp == 0)
        no_g = now.tls_slot != _m0_tls(context) and not now.tls_g_label
        yield Claim("no-g", no_g and context.program.runtime_untouched(), {})

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        process = evidence.now.process
        if process is None:
            return {}
        return {"argc": process.argc, "envc": len(process.envp)}

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if _is_loaded(evidence.now.process):
            yield "loaded"

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield examine("argc", "$rsp", now, now.sp, 2)
        yield print_bounds("g0", G0, now.g0.stack)

    def solution(self, record: Record) -> Solution | None:
        now = record.last
        argc = now.words.get(now.sp)
        right = "argc" if now.process and argc == len(now.process.argv) else ""
        return Solution(right, values={"argc": argc})


class Rt0Go(Stage):
    """The entry of rt0_go."""

    id = "rt0-go"
    stops = (("at", Entry(RT0_GO)),)
    registers = (RT0_ARGC, RT0_ARGV)
    point = ("registers", "code")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now = context.now
        argc, argv = now.registers[RT0_ARGC] & 0xFFFF_FFFF, now.registers[RT0_ARGV]
        if now.process:
            yield Claim("argc", argc == now.process.argc, {"argc": argc})
            yield Claim("argv", argv == now.process.argv_address, {"argv": argv})
        yield self._untouched(context, "g0", now.runtime.g0)
        yield self._untouched(context, "m0", now.runtime.m0)

    def _untouched(self, context: CheckContext, name: str, address: int) -> Claim:
        """Check that g0 or m0 is in a zeroed section and still all zero."""
        section = context.program.target.symbols.section(address)
        size = context.program.reader.layout(f"runtime.{name[0]}").size
        held = section in (".bss", ".noptrbss") and context.is_zero(address, size)
        return Claim(name, held, {"address": address, "section": section, "size": size})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield print_hex("argv", "$rsi", now.registers["rsi"])
        yield print_bounds("g0", G0, now.g0.stack)

    def known(self, past: Evidence) -> Mapping[str, object] | None:
        entry = past.earlier("entry")
        return {"rsp": entry.last.sp} if entry else None

    def solution(self, record: Record) -> Solution | None:
        now = record.last
        argv = now.registers[RT0_ARGV]
        traps = {"argc": argv - 8, "argv0": now.words.get(argv, 0)}
        return Solution(argv, traps, {"argv": argv})


class G0Stack(Stage):
    """The bounds of g0's stack are stored."""

    id = "g0-stack"
    stops = (("at", AfterBytes(RT0_GO, STORE_STACK_HI)),)
    registers = (RT0_BOUNDED_G0,)
    show = ("stacks",)
    options = ("heap", "thread", "bss")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        g0, process = context.now.g0, context.now.process
        lo, hi, size = g0.stack.lo, g0.stack.hi, g0.stack.size
        yield Claim("hi", hi == context.now.sp, {"hi": hi})
        in_code = g0_stack_size(context.code(RT0_GO))
        yield Claim("lo", size == in_code, {"lo": lo, "size": size})
        yield Claim("guards", g0.stackguard0 == g0.stackguard1 == lo, {"lo": lo})
        if process:
            below = process.sp - hi
            near = 0 < below < MAX_ABOVE_G0
            if _on_other_thread(context):
                yield Claim("other-stack", not near, {"lwp": context.now.lwp})
            else:
                yield Claim("os-stack", near, {"below": below})

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        yield "other" if _on_other_thread(evidence) else "first"

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        return {"size": evidence.now.g0.stack.size}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield print_bounds("bounds", G0, now.g0.stack)
        yield print_sp_below_hi("rsp", G0, now, now.g0)

    def solution(self, record: Record) -> Solution | None:
        now, stack = record.last, record.last.g0.stack
        right = "thread" if now.sp == stack.hi else ""
        return Solution(right, values={"lo": stack.lo, "hi": stack.hi, "size": stack.size})


class Settls(Stage):
    """The call of settls, which makes the thread pointer lead to m0.tls."""

    id = "settls"
    stops = (
        ("before", AtCall(RT0_GO, "runtime.settls")),
        ("after", AfterCall(RT0_GO, "runtime.settls")),
    )
    shown_at = "after"
    registers = (SETTLS_SLOT,)
    show = ("tls",)
    absent = "cgo"
    options = ("r14", "fs", "rsp")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        before, after, tls = context.at("before"), context.at("after"), _m0_tls(context)
        yield Claim("rdi", before.registers[SETTLS_SLOT] == tls, {"tls": tls})
        values = {
            "fs_base": after.registers.thread_pointer,
            "offset": after.tls_offset,
            "slot": after.tls_slot,
        }
        yield Claim("slot", after.tls_slot == tls, values)

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        return {"offset": evidence.at("after").tls_offset}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        return _tls_hints(record.last)

    def solution(self, record: Record) -> Solution | None:
        before, after = record.at("before"), record.at("after")
        registers = {"r14": "r14", "fs": "fs_base", "rsp": "rsp"}
        changed = [
            option
            for option, name in registers.items()
            if before.registers[name] != after.registers[name]
        ]
        right = changed[0] if len(changed) == 1 else ""
        return Solution(right, values={"offset": after.tls_offset, "slot": after.tls_slot})


class TlsCheck(Stage):
    """rt0_go has stored a magic value through the TLS slot."""

    id = "tls-check"
    stops = (("at", AfterBytes(RT0_GO, STORE_TLS_MAGIC)),)
    show = ("tls",)
    point = ("tls", "code")
    absent = "cgo"
    options = ("asks", "writes", "trusts")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        tls = _m0_tls(context)
        value = context.word(tls)
        yield Claim("magic", value == TLS_MAGIC == context.now.tls_g, {"tls": tls, "value": value})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        return _tls_hints(record.last)

    def solution(self, record: Record) -> Solution | None:
        now = record.last
        right = "writes" if now.tls_g == TLS_MAGIC else ""
        values = {"magic": now.tls_g, "slot": now.tls_slot, "offset": now.tls_offset}
        return Solution(right, values=values)


class TlsG0(Stage):
    """The TLS slot holds the address of g0."""

    id = "tls-g0"
    stops = (("at", AfterBytes(RT0_GO, STORE_TLS_G0)),)
    registers = (RT0_G0,)
    show = ("tls",)

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, g0 = context.now, context.now.runtime.g0
        yield Claim("slot", now.tls_g == g0, {"slot": now.tls_slot, "g0": g0})
        yield Claim("current", now.tls_g_label == "g0")

    def hints(self, record: Record) -> Iterator[Hint | None]:
        return _tls_hints(record.last)

    def solution(self, record: Record) -> Solution | None:
        goid = record.last.g0.goid
        return Solution(goid, {"main": 1}, {"goid": goid})


class M0G0(Stage):
    """m0.g0 and g0.m are stored."""

    id = "m0-g0"
    stops = (("at", AfterBytes(RT0_GO, STORE_G0_M)),)
    registers = (RT0_M0, RT0_G0)
    show = ("binding",)
    point = ("changes", "binding")
    options = ("curg", "g0", "gsignal")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, runtime = context.now, context.now.runtime
        yield Claim("m0.g0", now.m0.g0 == runtime.g0, {"g0": runtime.g0})
        yield Claim("g0.m", now.g0.m == runtime.m0, {"m0": runtime.m0})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield print_hex("m0", f"{M0}.g0", now.m0.g0)
        yield print_hex("g0", f"{G0}.m", now.g0.m)

    def solution(self, record: Record) -> Solution | None:
        m0, g0 = record.last.m0, record.last.runtime.g0
        fields = {"curg": m0.curg, "g0": m0.g0, "gsignal": m0.gsignal}
        right = next((name for name, value in fields.items() if value == g0), "")
        return Solution(right, values={"g0": g0, "curg": m0.curg})


class Args(Stage):
    """runtime.args has kept argc and argv."""

    id = "args"
    stops = (("at", AfterCall(RT0_GO, "runtime.args")),)
    show = ("strings",)

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, argc, argv = context.now, context.now.variables.argc, context.now.variables.argv
        if now.process:
            yield Claim("argc", argc == now.process.argc, {"argc": argc})
            yield Claim("argv", argv == now.process.argv_address, {"argv": argv})
        yield Claim("r14", now.registers.g == now.runtime.g0, {"g0": now.runtime.g0})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        variables = record.last.variables
        if variables.argc is not None:
            yield Hint("argc", "p 'runtime.argc'", str(variables.argc))
        if variables.argv is not None:
            yield print_hex("argv", "'runtime.argv'", variables.argv)

    def solution(self, record: Record) -> Solution | None:
        now = record.last
        g, traps = now.registers["r14"], {"m0": now.runtime.m0, "slot": now.tls_slot, "nil": 0}
        return Solution(g, traps, {"r14": g})


class Osinit(Stage):
    """osinit has asked the kernel for the number of CPUs."""

    id = "osinit"
    stops = (("at", AfterCall(RT0_GO, "runtime.osinit")),)
    point = ("changes", "code")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        ncpu, cpus = context.now.runtime.ncpu, context.program.target.cpu_count()
        if cpus is None:
            yield Claim("some", bool(ncpu), {"ncpu": ncpu})
        else:
            yield Claim("ncpu", ncpu == cpus, {"ncpu": ncpu, "cpus": cpus})

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        return {"ncpu": evidence.now.runtime.ncpu}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield Hint("gomaxprocs", "p 'runtime.gomaxprocs'", str(now.runtime.gomaxprocs))
        yield Hint("goid", "p $go_goid()", "0") if now.tls_g_label == "g0" else None

    def solution(self, record: Record) -> Solution | None:
        ncpu = record.last.runtime.ncpu
        if ncpu is None:
            return None
        return Solution(ncpu, {"none": 0, "threads": 1}, {"ncpu": ncpu})


def _is_loaded(process: ProcessArguments | None) -> bool:
    """Report whether the dynamic loader has run before the entry point."""
    return process is not None and bool(process.auxv.get("AT_BASE"))  # where the loader is


def _on_other_thread(evidence: Evidence) -> bool:
    """Report whether rt0_go runs on another thread than the entry point.

    It does where Go is a library: C's start-up code makes a thread for it (_rt0_amd64_lib in
    asm_amd64.s).
    """
    entry = evidence.earlier("entry")
    return entry is not None and entry.last.lwp != evidence.now.lwp


def _m0_tls(context: CheckContext) -> int:
    """Return the address of m0.tls."""
    return context.now.runtime.m0 + context.program.reader.layout("runtime.m").offset("tls")


def _tls_hints(now: Observation) -> Iterator[Hint]:
    """Yield what to try where the TLS slot has just been set."""
    slot, fs_base = now.tls_slot, now.registers["fs_base"]
    info = now.classifier.classify(slot)
    place = f" <runtime.m0+{info.offset}>" if info.name == "m0" else ""  # with cgo it is C's
    yield Hint(
        "slot",
        f"x/gx $fs_base {'-' if slot < fs_base else '+'} {abs(slot - fs_base)}",
        f"{slot:#x}{place}:\t0x{now.tls_g:016x}",
        needs_debug_info=False,
    )
    yield print_hex("g0", f"&{G0}", now.runtime.g0)


STAGES = (ProgramStart, Rt0Go, G0Stack, Settls, TlsCheck, TlsG0, M0G0, Args, Osinit)
