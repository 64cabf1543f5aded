"""The main goroutine: runtime.main, main.main, and an assembly function (runtime/proc.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gogdb.boot.anchors import AfterBytes, Entry, Return
from gogdb.boot.hint import Hint, examine, examine_code_pointer, print_stack_size
from gogdb.boot.observation import Observation
from gogdb.boot.patterns_amd64 import SAVE_FP
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.boot.stage import CheckContext, Evidence, Record, Stage
from gogdb.boot.stages.newproc import FREE_UNDER_HI
from gogdb.inferior.memory import WORD_MASK
from gogdb.runtime.model import GRUNNING, SCAN

__all__ = ["STAGES"]

# gcenable starts the first two, in wrappers that the compiler names (mgc.go); init starts forcegc
COLLECTOR = ("runtime.gcenable", "runtime.bgsweep", "runtime.bgscavenge", "runtime.forcegc")
ADD_ARGUMENTS = 24  # bytes: func add(x, y int64) int64


class RuntimeMain(Stage):
    """The entry of runtime.main, and the end of its prologue."""

    id = "runtime-main"
    stops = (("at", Entry("runtime.main")), ("prologue", AfterBytes("runtime.main", SAVE_FP)))
    show = ("prologue",)
    options = ("goexit", "gogo", "nowhere")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        first, after = context.at("at"), context.at("prologue")
        goexit, fp = context.program.goexit_return, after.registers.fp
        yield Claim("rbp", first.registers.fp == 0)
        pushed = first.g1.stack.hi - FREE_UNDER_HI - 8  # goexit's address, by gostartcall
        yield Claim("sp", first.sp == pushed, {"sp": first.sp})
        yield Claim("forged", first.words.get(first.sp) == goexit, {"sp": first.sp})
        ends = after.words.get(fp) == 0 and after.words.get(fp + 8) == goexit
        yield Claim("chain", fp in after.g1.stack and ends, {"rbp": fp})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now, rbp = record.last, record.last.registers["rbp"]
        yield examine("rbp", "$rbp", now, rbp, 2)
        yield examine_code_pointer("goexit", "$rbp + 8", now, rbp + 8)

    def solution(self, record: Record) -> Solution | None:
        first = record.at("at")
        word = first.words.get(first.sp, 0)
        name = first.classifier.classify(word).name
        right = "goexit" if name in ("runtime.goexit", "runtime.goexit.abi0") else ""
        return Solution(right, values={"word": word, "rsp": first.sp})


class MainMain(Stage):
    """The entry of main.main."""

    id = "main-main"
    stops = (("at", Entry("main.main")),)
    show = ("ms", "ps", "gs", "binding")
    point = ("binding", "gs")
    on_main_goroutine = True
    options = ("new", "g0", "g1")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, runtime = context.now, context.now.runtime
        main = runtime.g(now.tls_g)
        m = runtime.m(main.m) if main else None
        if now.variables.main_started is not None:
            yield Claim("started", now.variables.main_started)
        yield self._sysmon(context)
        names = sorted(
            {runtime.function_names.get(g.startpc, "") for g in runtime.gs if not g.is_dead}
        )
        helpers = [name for name in names if name.startswith(COLLECTOR)]
        yield Claim("collector", len(helpers) >= 2, {"names": ", ".join(helpers)})
        yield Claim("goid", main is not None and main.goid == 1)
        yield Claim("running", main is not None and main.atomicstatus & ~SCAN == GRUNNING)
        if (thread_id := context.thread_id) is not None:
            is_here = m is not None and m.procid == thread_id
            yield Claim("thread", is_here, {"lwp": now.lwp})
        on_stack, size = main is not None and now.sp in main.stack, main.stack.size if main else 0
        yield Claim("stack", on_stack, {"size": size})

    def _sysmon(self, context: CheckContext) -> Claim:
        """Check that an M was started with runtime.sysmon; its mstartfn is a func value."""
        sysmon = context.entry("runtime.sysmon")
        ms = context.now.runtime.ms
        monitor = next((m for m in ms if m.mstartfn and context.word(m.mstartfn) == sysmon), None)
        return Claim("sysmon", monitor is not None, {"id": monitor.id if monitor else None})

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        now, runtime = evidence.now, evidence.now.runtime
        main = runtime.g(now.tls_g)
        return {
            "ms": len(runtime.ms),
            "ps": len(runtime.ps),
            "gs": sum(not g.is_dead for g in runtime.gs),
            "size": main.stack.size if main else 0,
        }

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        main = evidence.now.runtime.g(evidence.now.tls_g)
        before = evidence.earlier("runtime-main")
        if before and main:
            yield "stayed" if before.at("at").g1.stack == main.stack else "moved"

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield examine_code_pointer("return", "$rsp", now, now.sp)
        yield print_stack_size("stack", "$go_g(1)", now.g1)

    def solution(self, record: Record) -> Solution | None:
        now = record.last
        g = now.runtime.g(now.tls_g)
        if g is None:
            return None
        right = {now.runtime.g0: "g0", now.g1.address: "g1"}.get(g.address, "new")
        return Solution(right, values={"g": g.address, "goid": g.goid})


class Add(Stage):
    """The entry of the assembly function main.add, and its return."""

    id = "add"
    stops = (("at", Entry("main.add.abi0")), ("returned", Return()))
    show = ("abi0",)
    on_main_goroutine = True
    absent = "no-add"
    text_sizes = True

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        first, after = context.at("at"), context.at("returned")
        sizes = first.text_sizes
        held = sizes is not None and sizes.arguments == ADD_ARGUMENTS and sizes.frame == 0
        yield Claim("text", held, self._sizes(first))
        back = first.words.get(first.sp)
        caller = context.program.locate(back - 1)[0] if back else ""
        returned = after.pc == back and after.sp == first.sp + 8
        yield Claim("return", returned, {"caller": caller})
        operands = self._operands(first, after)
        x, y, result = operands.values()
        held = x is not None and y is not None and result == _signed((x + y) & WORD_MASK)
        yield Claim("sum", held, operands)

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        first, after = evidence.at("at"), evidence.at("returned")
        places = {"fp": first.sp + 8, "slot": first.sp + 24}
        return {**places, **self._sizes(first), **self._operands(first, after)}

    def _sizes(self, first: Observation) -> Mapping[str, int | None]:
        """Return the sizes on the function's TEXT line, in bytes."""
        sizes = first.text_sizes
        if sizes is None:
            return {"frame": None, "arguments": None}
        return {"frame": sizes.frame, "arguments": sizes.arguments}

    def _operands(self, first: Observation, after: Observation) -> Mapping[str, int | None]:
        """Return the arguments, and the result from its slot; None for what was not recorded."""
        x, y = first.words.get(first.sp + 8), first.words.get(first.sp + 16)
        result = after.words.get(first.sp + 24)
        return {"x": _signed(x), "y": _signed(y), "result": _signed(result)}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last  # add has returned: FP is rsp
        yield examine("ret", "$rsp + 16", now, now.sp + 16, letter="d")
        yield examine("arguments", "$rsp", now, now.sp, 2, "d")

    def solution(self, record: Record) -> Solution | None:
        first = record.at("at")
        # The last word of the arguments, which are behind the return address, a word too
        offset = self._sizes(first)["arguments"]
        if offset is None:
            return None
        result = self._operands(first, record.last)["result"]
        values = {"offset": offset, "slot": first.sp + offset, "result": result}
        return Solution(offset, {"return": 0, "x": 8, "fp": 16}, values)


def _signed(word: int | None) -> int | None:
    """Return a word as int64."""
    return None if word is None else word - (1 << 64 if word >> 63 else 0)


STAGES = (RuntimeMain, MainMain, Add)
