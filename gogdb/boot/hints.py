"""What to try at GDB's prompt at each stage, and what GDB will answer there.

The commands are written so that GDB 13 and 18 understand them in the languages go and asm
(see gogdb/view/expr.py): names of the runtime in single quotes, `.` after pointers too, no casts.
The answers are made of what was recorded where the program now stands: the stage's last moment.
What a hint is good for is said in `i18n/*/guide.toml`, by stage and hint id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gogdb.boot.observation import Observation, Record
from gogdb.runtime.model import G, Stack

__all__ = ["Hint", "hints"]


class Hint(NamedTuple):
    """A command, and GDB's answer to it, without the `$1 = ` of a value.

    `bare`: it needs no debug information.
    """

    id: str
    command: str
    answer: str
    bare: bool = False


_Hints = Callable[[Record, Observation], Iterator[Hint | None]]
_HINTS: dict[str, _Hints] = {}

G0 = "'runtime.g0'"
M0 = "'runtime.m0'"
NEW = "'runtime.allgs'.array[0]"  # the main goroutine, before it has a number


def hints(record: Record, has_debug_info: bool = True) -> list[Hint]:
    """What can be tried where the stage has ended.

    `has_debug_info`: whether GDB has the program's debug information.
    """
    if record.skipped:
        return []
    found = _HINTS[record.stage.id](record, record.last)
    return [hint for hint in found if hint and (has_debug_info or hint.bare)]


def _at(*stages: str) -> Callable[[_Hints], _Hints]:
    def register(function: _Hints) -> _Hints:
        _HINTS.update(dict.fromkeys(stages, function))
        return function

    return register


def _hex(id: str, expression: str, value: int) -> Hint:
    """A number that is an address or has bits in it; of a register, GDB knows it anyway."""
    return Hint(id, f"p/x {expression}", f"{value:#x}", bare=expression.startswith("$r"))


def _bounds(id: str, expression: str, stack: Stack) -> Hint:
    return Hint(id, f"p/x {expression}.stack", f"{{lo = {stack.lo:#x}, hi = {stack.hi:#x}}}")


def _size(id: str, expression: str, g: G) -> Hint:
    command = f"p {expression}.stack.hi - {expression}.stack.lo"
    return Hint(id, command, str(g.stack.size))


def _below(id: str, expression: str, moment: Observation, g: G) -> Hint:
    """How far rsp is from a stack's hi. $rsp is a pointer: a difference of one is signed."""
    return Hint(id, f"p/d $rsp - {expression}.stack.hi", str(moment.sp - g.stack.hi))


def _words(
    id: str, expression: str, moment: Observation, address: int, count: int = 1, letter: str = "x"
) -> Hint | None:
    """Words of a stack as GDB dumps them; None where they were not recorded."""
    words = [moment.words.get(address + 8 * i) for i in range(count)]
    if None in words:
        return None
    shown = [str(word) if letter == "d" else f"0x{word:016x}" for word in words]
    number = str(count) if count > 1 else ""
    answer = "\t".join([f"{address:#x}:", *shown])
    return Hint(id, f"x/{number}g{letter} {expression}", answer, not expression.count("'"))


def _code(
    id: str, command: str, moment: Observation, value: int | None, start: str = ""
) -> Hint | None:
    """An address in the code with its name: the debug information knows no .abi0."""
    if not value:
        return None
    what = moment.classifier.classify(value)
    place = f"{what.name}+{what.offset}" if what.offset else what.name
    return Hint(id, command, f"{start}{value:#x} <{place.replace('.abi0', '')}>")


def _return(id: str, expression: str, moment: Observation, address: int) -> Hint | None:
    """The return address that waits in a word of a stack."""
    value = moment.words.get(address)
    return _code(id, f"x/a {expression}", moment, value, f"{address:#x}:\t")


def _number(record: Record, claim: str, value: str) -> int | None:
    """A value that a claim of the stage was checked with."""
    found = next((c.values.get(value) for c in record.claims if c.id == claim), None)
    return found if isinstance(found, int) else None


@_at("entry")
def _entry(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _words("argc", "$rsp", now, now.sp, 2)
    yield _bounds("g0", G0, now.g0.stack)


@_at("rt0-go")
def _rt0_go(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _hex("argv", "$rsi", now.registers["rsi"])
    yield _bounds("g0", G0, now.g0.stack)


@_at("g0-stack")
def _g0_stack(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _bounds("bounds", G0, now.g0.stack)
    yield _below("rsp", G0, now, now.g0)


@_at("settls", "tls-check", "tls-g0")
def _tls(record: Record, now: Observation) -> Iterator[Hint | None]:
    fs_base = now.registers["fs_base"]
    where = f"$fs_base {'-' if now.tls_slot < fs_base else '+'} {abs(now.tls_slot - fs_base)}"
    what = now.classifier.classify(now.tls_slot)
    place = f" <runtime.m0+{what.offset}>" if what.name == "m0" else ""  # with cgo it is C's
    answer = f"{now.tls_slot:#x}{place}:\t0x{now.tls_g:016x}"
    yield Hint("slot", f"x/gx {where}", answer, True)
    yield _hex("g0", f"&{G0}", now.runtime.g0)


@_at("m0-g0")
def _m0_g0(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _hex("m0", f"{M0}.g0", now.m0.g0)
    yield _hex("g0", f"{G0}.m", now.g0.m)


@_at("args")
def _args(record: Record, now: Observation) -> Iterator[Hint | None]:
    argc, argv = _number(record, "argc", "argc"), _number(record, "argv", "argv")
    if argc is not None:
        yield Hint("argc", "p 'runtime.argc'", str(argc))
    if argv is not None:
        yield _hex("argv", "'runtime.argv'", argv)


@_at("osinit")
def _osinit(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield Hint("gomaxprocs", "p 'runtime.gomaxprocs'", str(now.runtime.gomaxprocs))
    yield Hint("goid", "p $go_goid()", "0") if now.tls_g_label == "g0" else None


@_at("schedinit")
def _schedinit(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _hex("allm", "'runtime.allm'", 0 if not now.runtime.ms else now.runtime.ms[-1].address)
    yield Hint("gomaxprocs", "p 'runtime.gomaxprocs'", str(now.runtime.gomaxprocs))


@_at("mcommoninit")
def _mcommoninit(record: Record, now: Observation) -> Iterator[Hint | None]:
    signal = now.runtime.g(now.m0.gsignal)
    yield Hint("mnext", "p 'runtime.sched'.mnext", str(now.runtime.sched.mnext))
    if signal is not None:
        yield _size("gsignal", f"{M0}.gsignal", signal)


@_at("procresize")
def _procresize(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _hex("p", f"{M0}.p", now.m0.p)
    if now.runtime.ps:
        yield _hex("allp", "'runtime.allp'.array[0]", now.runtime.ps[0].address)


@_at("newproc")
def _newproc(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _words("argument", "$rsp", now, now.sp)
    place, main = now.words.get(now.sp, 0), _number(record, "fn", "fn")
    what = now.classifier.classify(place)
    yield _code("fn", f"x/a {place:#x}", now, main, f"{place:#x} <{what.name}>:\t")


@_at("malg")
def _malg(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield Hint("allglen", "p 'runtime.allglen'", str(now.runtime.allglen))
    if now.main is not None:
        yield _bounds("stack", NEW, now.main.stack)


@_at("gostartcall")
def _gostartcall(record: Record, now: Observation) -> Iterator[Hint | None]:
    if now.main is not None:
        yield _return("goexit", f"{NEW}.sched.sp", now, now.main.sched.sp)
        yield _code("pc", f"p/a {NEW}.sched.pc", now, now.main.sched.pc)


@_at("runnable")
def _runnable(record: Record, now: Observation) -> Iterator[Hint | None]:
    if now.main is not None:
        yield Hint("goid", f"p {NEW}.goid", str(now.main.goid))
        yield _code("startpc", f"p/a {NEW}.startpc", now, now.main.startpc)


@_at("runqput")
def _runqput(record: Record, now: Observation) -> Iterator[Hint | None]:
    if now.runtime.ps:
        yield _hex("runnext", "$go_p(0).runnext", now.runtime.ps[0].runnext)
    if now.main is not None:
        yield _hex("g1", "$go_g(1)", now.main.address)


@_at("mstart")
def _mstart(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _below("rsp", '$go_g("g0")', now, now.g0)
    guard = f"p {G0}.stackguard0 - {G0}.stack.lo"
    yield Hint("guard", guard, str(now.g0.stackguard0 - now.g0.stack.lo))


@_at("save")
def _save(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _code("pc", f"p/a {G0}.sched.pc", now, now.g0.sched.pc)
    yield _return("slot", f"{G0}.sched.sp - 8", now, now.g0.sched.sp - 8)


@_at("schedule")
def _schedule(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield Hint("procid", f"p {M0}.procid", str(now.m0.procid))
    yield _hex("curg", f"{M0}.curg", now.m0.curg)


@_at("findrunnable")
def _findrunnable(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _hex("rax", "$rax", now.registers["rax"])
    if now.main is not None:
        yield _hex("g1", "$go_g(1)", now.main.address)


@_at("execute")
def _execute(record: Record, now: Observation) -> Iterator[Hint | None]:
    if curg := now.runtime.g(now.m0.curg):
        yield Hint("curg", "p $go_curg().goid", str(curg.goid))
    yield _below("rsp", '$go_g("g0")', now, now.g0)


@_at("gogo")
def _gogo(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _words("argument", "$rsp + 8", now, now.sp + 8)
    if now.main is not None:
        yield _hex("sp", "$go_g(1).sched.sp", now.main.sched.sp)


@_at("gogo-sp")
def _gogo_sp(record: Record, now: Observation) -> Iterator[Hint | None]:
    if now.main is not None:
        yield _below("rsp", "$go_g(1)", now, now.main)
    yield _return("goexit", "$rsp", now, now.sp)


@_at("gogo-jmp")
def _gogo_jmp(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _code("target", "p/a $rbx", now, now.registers["rbx"])
    if now.main is not None:
        yield _hex("sp", "$go_g(1).sched.sp", now.main.sched.sp)


@_at("runtime-main")
def _runtime_main(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _words("rbp", "$rbp", now, now.registers["rbp"], 2)
    yield _return("goexit", "$rbp + 8", now, now.registers["rbp"] + 8)


@_at("main-main")
def _main_main(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _return("return", "$rsp", now, now.sp)
    if now.main is not None:
        yield _size("stack", "$go_g(1)", now.main)


@_at("add")
def _add(record: Record, now: Observation) -> Iterator[Hint | None]:
    yield _words("ret", "$rsp + 16", now, now.sp + 16, letter="d")  # add returned: FP is rsp
    yield _words("arguments", "$rsp", now, now.sp, 2, "d")
