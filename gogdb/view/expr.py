"""--expr: what to type at GDB's own prompt to see what a table says.

Each command is written so that GDB 13 and 18 understand it in the languages go, c and asm,
which agree on little: names of the runtime in single quotes, `.` after pointers too (go has
no `->`), no casts (go has none). GDB's arrays begin where Go's slices do: `'allgs'.array[0]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.gobuf import Saved, words
from gogdb.runtime.model import SCAN, G
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame
from gogdb.view.address_text import describe
from gogdb.view.doc import Code, CodeLine, Doc, Heading, Note, Part

__all__ = ["GdbCommand", "equivalent_commands", "gmp", "gobuf", "gs", "ms", "ps", "sched", "stack"]

PROMPT = "(gdb)"
NEAR = 4096  # places of allgs that are looked through: beyond, $go_g finds it as well
RING = 256  # len(p.runq) (runtime2.go)
SLOTS = 3  # return addresses shown of a stack


class GdbCommand(NamedTuple):
    """A command, and what of the table its answer holds. `bare`: it needs no debug information."""

    command: str
    says: str
    bare: bool = False


def equivalent_commands(hands: Sequence[GdbCommand], has_debug_info: bool) -> list[Part]:
    """The block below a table. `has_debug_info`: whether GDB has debug information."""
    kept = [hand for hand in hands if has_debug_info or hand.bare]
    shown: list[Part] = []
    if kept:
        lines = [CodeLine(PROMPT, hand.command, note=hand.says) for hand in kept]
        shown.append(Code(lines, "go", tr("by hand")))
    if len(kept) < len(hands):
        told = tr("no debug information (-ldflags=-w): GDB knows no field by its name")
        shown.append(Note(told))
    return shown


def gmp(page: Doc, runtime: Runtime, shown: Sequence[G], has_debug_info: bool) -> Doc:
    """The page of go-gmp with a block at the end of each of its sections."""
    hands = {tr("scheduler"): sched(runtime), tr("Ps"): ps(runtime)}
    hands |= {tr("Ms"): ms(runtime), tr("Gs"): gs(runtime, shown)}
    parts: list[Part] = []
    block: list[Part] = []
    for part in page.parts:
        if isinstance(part, Heading):
            parts += block
            block = equivalent_commands(
                hands.get(part.text.partition(" · ")[0], []), has_debug_info
            )
        parts.append(part)
    return Doc([*parts, *block])


def g(found: G) -> str:
    """The g as a GDB expression, by gogdb's function."""
    if found.goid and not found.is_dead:
        return f"$go_g({found.goid})"
    return f'$go_g("{found.name if found.is_system else hex(found.address)}")'


def sched(runtime: Runtime) -> list[GdbCommand]:
    """The scheduler's global state."""
    counts = ("goidgen", "mnext", "nmfreed", "npidle", "nmspinning", "ngsys", "gcwaiting")
    return [
        GdbCommand("p 'runtime.gomaxprocs'", str(runtime.gomaxprocs)),
        *(
            GdbCommand(f"p 'runtime.sched'.{name}", str(getattr(runtime.sched, name)))
            for name in counts
        ),
        GdbCommand("p 'runtime.allglen'", str(runtime.allglen)),
    ]


def ps(runtime: Runtime) -> list[GdbCommand]:
    """The first of the Ps; the others are the next ones in allp."""
    if not runtime.ps or runtime.ps[0].unreadable:
        return []
    p, base = runtime.ps[0], "'runtime.allp'.array[0]"
    numbers = ("schedtick", "syscalltick", "runqhead", "runqtail")
    hands = [
        GdbCommand(f"p/x {base}.m", f"{p.m:#x}"),
        GdbCommand(f"p/x {base}.runnext", f"{p.runnext:#x}"),
        *(GdbCommand(f"p {base}.{name}", str(getattr(p, name))) for name in numbers),
    ]
    if p.runq:
        # a ring: the index is taken modulo its size (runqget)
        ring = f"$go_p({p.id})"
        hands.append(GdbCommand(f"p/x {ring}.runq[{ring}.runqhead % {RING}]", f"{p.runq[0]:#x}"))
    if m := runtime.m(p.m):
        hands.append(GdbCommand(f"p/x $go_m({m.id})", f"{p.m:#x}"))
    return hands


def ms(runtime: Runtime) -> list[GdbCommand]:
    """m0, and how to go on to the others, which allm links from the newest to m0."""
    if not runtime.ms or runtime.ms[0].unreadable:
        return []
    m, base = runtime.ms[0], "'runtime.m0'"
    hands = [
        GdbCommand(f"p {base}.procid", str(m.procid)),
        GdbCommand(f"p {base}.locks", str(m.locks)),
        GdbCommand(f"p/x {base}.p", f"{m.p:#x}"),
    ]
    if curg := runtime.g(m.curg):
        hands.append(GdbCommand(f"p {base}.curg.goid", str(curg.goid)))
    for at, other in enumerate(islice(reversed(runtime.ms), 2)):
        hands.append(GdbCommand(f"p 'runtime.allm'{'.alllink' * at}.id", str(other.id)))
    last = runtime.ms[-1]
    hands.append(GdbCommand(f"p $go_m({last.id}).procid", str(last.procid)))
    return hands


def gs(runtime: Runtime, shown: Sequence[G]) -> list[GdbCommand]:
    """The first goroutine of the table, and why the first one that waits does."""
    first = next((found for found in shown if not found.unreadable), None)
    if first is None:
        return []
    place = _in_allgs(runtime, first)
    base = g(first) if place is None else f"'runtime.allgs'.array[{place}]"
    status = first.atomicstatus
    hands = [
        GdbCommand(f"p {base}.goid", str(first.goid)),
        GdbCommand(f"p {base}.atomicstatus", str(status)),
        _string(f"'runtime.gStatusStrings'[{status & ~SCAN}]", first.status.partition(" ")[0]),
    ]
    if m := runtime.m(first.m):
        hands.append(GdbCommand(f"p {g(first)}.m.id", str(m.id)))
    for field, pc in (("startpc", first.startpc), ("gopc", first.gopc)):
        if function := runtime.function_names.get(pc):
            hands.append(GdbCommand(f"p/a {g(first)}.{field}", function))
    if waiting := next((found for found in shown if found.is_waiting), None):
        reason = f"'runtime.waitReasonStrings'[{g(waiting)}.waitreason]"
        hands.append(_string(reason, waiting.waitreason))
    return hands


def gobuf(saved: Saved) -> list[GdbCommand]:
    """A gobuf: its words as they lie in memory, then by name; what waits on the stack."""
    found = saved.g
    if found.unreadable:
        return []
    base, inside = g(found), words(found.sched)
    first = ", ".join(list(inside)[:3])
    hands = [
        GdbCommand(f"x/3gx {found.sched.address:#x}", first, True),
        *(
            GdbCommand(f"p/a {base}.sched.{name}", _code(saved.meanings[name]))
            if name == "pc" and word
            else GdbCommand(f"p/x {base}.sched.{name}", f"{word:#x}")
            for name, word in inside.items()
        ),
    ]
    if saved.returns_to:
        slot, _ = saved.returns_to
        hands.append(GdbCommand(f"x/a {slot:#x}", _code(saved.stack_meanings[slot]), True))
    return hands


def stack(found: G, called: Sequence[Frame]) -> list[GdbCommand]:
    """A stack's bounds, and the return addresses of its innermost frames."""
    if found.unreadable:
        return []
    base = g(found)
    hands = [
        GdbCommand(f"p/x {base}.stack.lo", f"{found.stack.lo:#x}"),
        GdbCommand(f"p/x {base}.stack.hi", f"{found.stack.hi:#x}"),
        GdbCommand(f"p/x {base}.stackguard0", f"{found.stackguard0:#x}"),
    ]
    frames = [frame for frame in called if not frame.inlined]
    if frames:
        used = found.stack.hi - frames[0].sp
        hands.append(GdbCommand(f"p {base}.stack.hi - {frames[0].sp:#x}", str(used)))
    for frame, caller in list(pairwise(frames))[:SLOTS]:
        if frame.return_slot is not None:
            hands.append(GdbCommand(f"x/a {frame.return_slot:#x}", caller.function, True))
    return hands


def _string(base: str, says: str) -> GdbCommand:
    """A Go string: so many bytes, without an end mark. `len` is a word of the language go."""
    return GdbCommand(f"p *{base}.str@{len(says.encode())}", says)


def _code(what: AddressInfo) -> str:
    """A place in the code as GDB names it: the debug information knows no .abi0."""
    return describe(what).replace(".abi0", "")


def _in_allgs(runtime: Runtime, found: G) -> int | None:
    """Where a goroutine stands in allgs, None when that is far in."""
    near = enumerate(islice(runtime.gs, NEAR))
    return next((place for place, other in near if other.address == found.address), None)
