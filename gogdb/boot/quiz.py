"""A question at the stages where understanding is won.

Asked about the recorded values of this run, and answered by them: nothing here is a number of
some other run. A question either wants a value (hex, decimal or an expression that GDB
evaluates), with the values that a misunderstanding leads to as `traps`, or has options; the
words are in `i18n/*/guide.toml`, by stage and by the names of traps and options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gogdb.boot.observation import Record
from gogdb.runtime.model import G

__all__ = ["QUESTIONS", "Question", "Verdict", "question"]


@dataclass(frozen=True)
class Question:
    """`right` is a value, or one of `options`. `values` are those that the words name."""

    stage: str
    right: int | str
    options: Sequence[str] = ()
    traps: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def letters(self) -> Mapping[str, str]:
        """The options by the letter that chooses them."""
        return dict(zip("abcdefgh", self.options, strict=False))

    def judge(self, answer: int | str) -> Verdict:
        """An answer as given: a number, or the letter of an option."""
        if isinstance(answer, str):
            chosen = self.letters[answer]
            return Verdict(chosen == self.right, "" if chosen == self.right else chosen)
        if answer == self.right:
            return Verdict(True)
        return Verdict(False, next((n for n, v in self.traps.items() if v == answer), ""))


@dataclass(frozen=True)
class Verdict:
    """`because`: the trap or option that a wrong answer fell for, "" for none that is known."""

    right: bool
    because: str = ""


def question(record: Record) -> Question | None:
    """The question of a stage; None where it has none, or was not seen."""
    ask = QUESTIONS.get(record.stage.id)
    return ask(record) if ask and record.observations else None


def _g0_stack(record: Record) -> Question:
    stack, name = record.last.g0.stack, "kernel"
    values = {"lo": stack.lo, "hi": stack.hi, "size": stack.size, "rsp": record.last.sp}
    return Question("g0-stack", name, ("heap", name, "bss"), values=values)


def _tls_g0(record: Record) -> Question:
    now = record.last
    fs_base = now.registers["fs_base"]
    values = {
        "fs_base": fs_base,
        "offset": now.tls_slot - fs_base,
        "slot": now.tls_slot,
        "g0": now.tls_g,
    }
    return Question(
        "tls-g0", now.tls_slot, traps={"fs_base": fs_base, "g0": now.tls_g}, values=values
    )


def _mcommoninit(record: Record) -> Question:
    sched, m0 = record.last.runtime.sched, record.last.m0
    values = {"mnext": sched.mnext, "id": m0.id, "max": sched.maxmcount}
    traps = {"id": m0.id, "max": sched.maxmcount}
    return Question("mcommoninit", sched.mnext, traps=traps, values=values)


def _procresize(record: Record) -> Question:
    runtime = record.last.runtime
    idle, count = len(runtime.sched.pidle), len(runtime.ps)
    values = {"count": count, "idle": idle}
    return Question("procresize", idle, traps={"count": count}, values=values)


def _malg(record: Record) -> Question:
    main = _main(record)
    return Question(
        "malg", main.status, ("idle", "runnable", "dead"), values={"status": main.status}
    )


def _gostartcall(record: Record) -> Question:
    before, main = record.at("before").main, _main(record)
    below = main.stack.hi - main.sched.sp
    values = {"below": below, "sp": main.sched.sp, "hi": main.stack.hi}
    traps = {"empty": 0}
    if before is not None:
        traps["before"] = values["before"] = before.stack.hi - before.sched.sp
        traps["pushed"] = values["pushed"] = before.sched.sp - main.sched.sp
    return Question("gostartcall", below, traps=traps, values=values)


def _runqput(record: Record) -> Question:
    main, runtime = _main(record), record.last.runtime
    p0 = runtime.ps[0]
    places = {"global": runtime.sched.runq, "runq": p0.runq, "runnext": (p0.runnext,)}
    right = next((name for name, gs in places.items() if main.address in gs), "")
    return Question("runqput", right, tuple(places), values={"g": main.address})


def _save(record: Record) -> Question:
    now = record.last
    sched = now.g0.sched
    values = {"sp": sched.sp, "rsp": now.sp, "pc": sched.pc, "hi": now.g0.stack.hi}
    traps = {"rsp": now.sp, "hi": now.g0.stack.hi, "pc": sched.pc}
    return Question("save", sched.sp, traps=traps, values=values)


def _schedule(record: Record) -> Question:
    now = record.last
    curg = now.m0.curg
    names = {0: "none", now.runtime.g0: "g0"} | ({now.main.address: "g1"} if now.main else {})
    values = {"tls": now.tls_g, "curg": curg}
    return Question("schedule", names.get(curg, ""), ("g1", "g0", "none"), values=values)


def _findrunnable(record: Record) -> Question:
    main = _main(record)
    values = {"g": main.address, "status": main.status}
    return Question("findrunnable", main.status, ("running", "waiting", "runnable"), values=values)


def _gogo(record: Record) -> Question:
    now, main = record.last, _main(record)
    sched = main.sched
    values = {"sp": sched.sp, "pc": sched.pc, "gobuf": sched.address, "rsp": now.sp}
    traps = {"hi": main.stack.hi, "gobuf": sched.address, "pc": sched.pc, "rsp": now.sp}
    return Question("gogo", sched.sp, traps=traps, values=values | {"hi": main.stack.hi})


def _gogo_sp(record: Record) -> Question:
    now, main = record.last, _main(record)
    rbp = now.registers["rbp"]
    stacks = {"g1": rbp in main.stack, "g0": rbp in now.g0.stack, "nowhere": rbp == 0}
    right = next((name for name, there in stacks.items() if there), "")
    return Question("gogo-sp", right, tuple(stacks), values={"rbp": rbp, "rsp": now.sp})


def _gogo_jmp(record: Record) -> Question:
    now = record.last
    word = now.words.get(now.sp, 0)
    what = now.classifier.classify(word)
    right = "goexit" if what.name.startswith("runtime.goexit") and what.offset == 1 else ""
    values = {"word": word, "rsp": now.sp}
    return Question("gogo-jmp", right, ("goexit", "gogo", "nothing"), values=values)


def _runtime_main(record: Record) -> Question:
    now = record.last
    rbp = now.registers["rbp"]
    saved, goexit = now.words.get(rbp, 0), now.words.get(rbp + 8, 0)
    values = {"rbp": rbp, "saved": saved, "goexit": goexit}
    return Question("runtime-main", saved, traps={"rbp": rbp, "goexit": goexit}, values=values)


def _add(record: Record) -> Question:
    entry = record.at("at").sp
    places = {"pc": entry, "x": entry + 8, "fp": entry + 16}
    values = {"rsp": entry, "slot": entry + 24, "result": record.values.get("result")}
    return Question("add", entry + 24, traps=places, values=values)


def _main(record: Record) -> G:
    main = record.last.main
    assert main is not None, "it has been there since malg"
    return main


QUESTIONS: Mapping[str, Callable[[Record], Question]] = {
    "g0-stack": _g0_stack,
    "tls-g0": _tls_g0,
    "mcommoninit": _mcommoninit,
    "procresize": _procresize,
    "malg": _malg,
    "gostartcall": _gostartcall,
    "runqput": _runqput,
    "save": _save,
    "schedule": _schedule,
    "findrunnable": _findrunnable,
    "gogo": _gogo,
    "gogo-sp": _gogo_sp,
    "gogo-jmp": _gogo_jmp,
    "runtime-main": _runtime_main,
    "add": _add,
}
