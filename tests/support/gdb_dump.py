"""Sourced in a GDB with gogdb: writes what gogdb reads of a stopped program into $GOGDB_DUMP.

The file is JSON. `here`: the functions on the current stack of the selected thread; `stacks`: the
answer of go-stacks --json for every goroutine and every g0; `new`: the g0s of Ms whose threads have
not stored their ids yet; `chains`: for each goroutine the return pcs along the saved rbps.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import gdb

from gogdb.commands.session import session
from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.memory import Memory
from gogdb.runtime.fp_chain import chain_start
from gogdb.runtime.model import GRUNNING, G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Unwound
from gogdb.runtime.unwind_start import registers_on_stack, unwind_start

FRAMES = 1_000_000
MAX_CHAIN = 1_000_000


def stacks(args: str, scratch: Path) -> list[dict[str, Any]]:
    """Return the answer of go-stacks."""
    gdb.execute(f"go-stacks --frames {FRAMES} --json --out {scratch} {args}", to_string=True)
    answer: list[dict[str, Any]] = json.loads(scratch.read_text())["goroutines"]
    scratch.unlink()
    return answer


def chain(memory: Memory, pc: int, rbp: int, hi: int) -> list[int]:
    """Return the pcs along an rbp chain: a saved rbp is below the return address."""
    pcs = [pc]
    while rbp and len(pcs) < MAX_CHAIN:
        try:
            caller, pc = struct.unpack("<QQ", memory.read(rbp, 16))
        except Unreadable:
            break
        pcs.append(pc)
        if not rbp < caller < hi:
            break
        rbp = caller
    return pcs


def chain_of(program: Program, runtime: Runtime, g: G) -> list[int]:
    """Return the pcs of a goroutine, from the rbp of its thread, or from its saved rbp."""
    m = runtime.m(g.m)
    thread = runtime.threads.of(m) if m and m.curg == g.address else None
    begin = unwind_start(program, runtime, g, thread)
    # a walk along rbp ignores syscallpc: in a system call, too, it starts at the thread
    running = g._replace(atomicstatus=GRUNNING)
    there = registers_on_stack(program, runtime, running, thread)
    rbp = there.fp if there else chain_start(program.arch, g, Unwound((), None)).value
    return chain(program.target, begin.pc, rbp, g.stack.hi)


def main() -> None:
    out = Path(os.environ["GOGDB_DUMP"])
    scratch = out.with_suffix(".part")
    program = session().stopped()
    runtime = program.read()
    g0s = {m.g0: "g0" if m.g0 == runtime.g0 else f"m{m.id}.g0" for m in runtime.ms}
    new = [g0s.pop(m.g0) for m in runtime.ms if not m.procid]
    chains: dict[str, list[int]] = {}
    for g in runtime.gs:
        if not g.is_dead:
            try:
                chains[g.label] = chain_of(program, runtime, g)
            except (GogdbError, Unreadable):
                chains[g.label] = []
    (here,) = stacks("", scratch)
    dump = {
        "here": [frame["function"] for frame in here["frames"]],
        "stacks": [*stacks("--all", scratch), *stacks(" ".join(g0s.values()), scratch)],
        "new": new,
        "chains": chains,
    }
    out.write_text(json.dumps(dump))


main()
