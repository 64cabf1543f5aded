"""gogo: from the scheduler's stack to the goroutine's (runtime/asm_amd64.s)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gogdb.boot.anchors import AfterBytes, AtBytes, Entry
from gogdb.boot.hint import (
    Hint,
    examine,
    examine_code_pointer,
    print_code_pointer,
    print_hex,
    print_sp_below_hi,
)
from gogdb.boot.patterns_amd64 import GOGO_G, GOGO_GOBUF, GOGO_PC, JUMP_TO_PC, LOAD_SP
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.boot.stage import CheckContext, Evidence, Record, Stage

__all__ = ["STAGES", "Gogo", "GogoJmp", "GogoSp"]

GOGO = "gogo"  # the part of runtime.gogo that loads the gobuf


class Gogo(Stage):
    """The entry of gogo."""

    id = "gogo"
    stops = (("at", Entry("runtime.gogo")),)
    show = ("gobuf-loads", "stacks")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, g1, gobuf = context.now, context.now.g1, context.now.g1.sched
        argument = now.words.get(now.sp + context.program.arch.stack_arguments)
        yield Claim("argument", argument == gobuf.address, {"gobuf": gobuf.address})
        yield Claim("on-g0", now.sp in now.g0.stack)
        yield Claim("sp", gobuf.sp in g1.stack, {"sp": gobuf.sp})
        yield Claim("pc", gobuf.pc == context.entry("runtime.main"), {"pc": gobuf.pc})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield examine("argument", "$rsp + 8", now, now.sp + 8)
        yield print_hex("sp", "$go_g(1).sched.sp", now.g1.sched.sp)

    def solution(self, record: Record) -> Solution | None:
        now, gobuf = record.last, record.last.g1.sched
        traps = {
            "hi": now.g1.stack.hi,
            "gobuf": gobuf.address,
            "pc": gobuf.pc,
            "rsp": now.sp,
        }
        return Solution(gobuf.sp, traps, {"sp": gobuf.sp, "rsp": now.sp})


class GogoSp(Stage):
    """The instruction that loads sp: the switch to the goroutine's stack."""

    id = "gogo-sp"
    stops = (("before", AtBytes(GOGO, LOAD_SP)), ("after", AfterBytes(GOGO, LOAD_SP)))
    shown_at = "after"
    registers = (GOGO_GOBUF, GOGO_G)
    show = ("stacks",)
    options = ("g1", "g0", "nowhere")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        before, after = context.at("before"), context.at("after")
        g0, g1, registers = after.g0, after.g1, after.registers
        yield Claim("before", before.sp in before.g0.stack, {"sp": before.sp})
        switched = after.sp in g1.stack and after.sp not in g0.stack
        yield Claim("after", switched, {"sp": after.sp})
        yield Claim("old-rbp", registers.fp in g0.stack)
        held = after.tls_g == registers.g == g1.address
        yield Claim("current", held, {"g": g1.address})
        forged = after.words.get(after.sp) == context.program.goexit_return
        yield Claim("forged", forged, {"sp": after.sp})

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        return {"before": evidence.at("before").sp, "after": evidence.at("after").sp}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield print_sp_below_hi("rsp", "$go_g(1)", now, now.g1)
        yield examine_code_pointer("goexit", "$rsp", now, now.sp)

    def solution(self, record: Record) -> Solution | None:
        now = record.last
        rbp = now.registers["rbp"]
        stacks = {"g1": rbp in now.g1.stack, "g0": rbp in now.g0.stack, "nowhere": rbp == 0}
        right = next((name for name, inside in stacks.items() if inside), "")
        return Solution(right, values={"rbp": rbp, "rsp": now.sp})


class GogoJmp(Stage):
    """The jump to the goroutine's pc."""

    id = "gogo-jmp"
    stops = (("at", AtBytes(GOGO, JUMP_TO_PC)),)
    registers = (GOGO_PC, GOGO_G)
    show = ("gobuf-loads",)

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, gobuf, main = context.now, context.now.g1.sched, context.entry("runtime.main")
        yield Claim("rbp", now.registers.fp == 0)
        yield Claim("cleared", gobuf.sp == gobuf.ctxt == gobuf.bp == 0)
        yield Claim("kept", gobuf.pc == main and gobuf.g == now.tls_g, {"pc": gobuf.pc})
        target = now.registers[GOGO_PC]
        yield Claim("target", target == main, {"target": target})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield print_code_pointer("target", "p/a $rbx", now, now.registers["rbx"])
        yield print_hex("sp", "$go_g(1).sched.sp", now.g1.sched.sp)

    def solution(self, record: Record) -> Solution | None:
        now, gobuf = record.last, record.last.g1.sched
        return Solution(gobuf.sp, {"rsp": now.sp, "pc": gobuf.pc}, {"sp": gobuf.sp})


STAGES = (Gogo, GogoSp, GogoJmp)
