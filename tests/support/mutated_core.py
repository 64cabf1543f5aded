"""Run inside GDB: change a few bytes of a core file, ask gogdb, put the bytes back, many times.

The environment says what to do: MUTATE_CORE, MUTATE_SEED, MUTATE_COUNT, and MUTATE_OUT, the file
that gets one JSON object a line: what was changed, and each command's answer, error and seconds.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import gdb

from gogdb.commands import session as sessions
from gogdb.inferior.elf import ElfFile
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.symbols import RUNTIME_SYMBOLS, Kind

COMMANDS = (
    "go-gmp --json",
    "go-gmp",
    "go-stacks --all --json",
    "go-stacks --system --limit 4",
    "go-stacks --group --json",
    "go-gobuf 1 g0 --json",
    "go-gobuf g0",
    "print $go_goid()",
)
# The fields that gogdb reads, by struct; those that a release lacks are left out
FIELDS = {
    "runtime.g": "stack.lo stack.hi stackguard0 m sched.sp sched.pc sched.g sched.bp syscallsp"
    " syscallpc atomicstatus goid schedlink waitsince waitreason lockedm parentGoid gopc startpc"
    " labels",
    "runtime.m": "id procid g0 gsignal curg p nextp oldp spinning locks lockedg schedlink alllink",
    "runtime.p": "id status m link schedtick runqhead runqtail runnext runq",
    "runtime.schedt": "goidgen mnext nmidle npidle runq.head runq.size runqsize midle midle.obj"
    " midle.nodeOffset pidle gFree.n lastpoll maxmcount",
    "runtime.moduledata": "pclntable ftab funcnametab cutab filetab pctab minpc maxpc text etext"
    " gofunc next pcHeader",
}
TABLES = ("pclntable", "ftab", "funcnametab", "cutab", "filetab", "pctab")


class Change(NamedTuple):
    """Other bytes at an address; `what` names the place."""

    what: str
    address: int
    data: bytes


class Mutator:
    """Makes changes of one program's structures, seeded."""

    def __init__(self, program: Program, runtime: Runtime, seed: int) -> None:
        self._random = random.Random(seed)
        self._program = program
        self._runtime = runtime
        reader, symbols = program.reader, program.reader.symbols
        structs = [(g.label, g.address, "runtime.g") for g in (*runtime.gs, *runtime.system_gs)]
        structs += [(f"m{m.id}", m.address, "runtime.m") for m in runtime.ms]
        structs += [(f"p{p.id}", p.address, "runtime.p") for p in runtime.ps]
        structs += [("sched", runtime.sched.address, "runtime.schedt")]
        self._structs = structs
        self._variables = [
            (s.name, symbol.address, max(symbol.size, 8))
            for s in RUNTIME_SYMBOLS
            if s.kind is Kind.VARIABLE and (symbol := symbols.variable(s.name))
        ]
        self._module = reader.address("runtime.firstmoduledata")
        self._pointers = [address for _, address, _ in structs]

    def change(self) -> Change:
        kinds: Sequence[Callable[[], Change]] = (
            self._variable,
            self._field,
            self._field,
            self._entry_of_allgs,
            self._module_field,
            self._table,
            self._stack,
        )
        return self._random.choice(kinds)()

    def _word(self, old: int) -> bytes:
        choose = self._random
        word = choose.choice(
            (
                0,
                1,
                8,
                (1 << 64) - 1,
                1 << 63,
                1 << 16,
                1_000_000,
                old + 8,
                old - 8,
                old ^ 1 << choose.randrange(64),
                choose.choice(self._pointers),
                choose.randrange(1 << 64),
            )
        )
        return (word % (1 << 64)).to_bytes(8, "little")

    def _at(self, what: str, address: int) -> Change:
        old = int.from_bytes(self._program.target.read(address, 8), "little")
        return Change(what, address, self._word(old))

    def _variable(self) -> Change:
        name, address, size = self._random.choice(self._variables)
        offset = 8 * self._random.randrange(min(size // 8, 256))
        return self._at(f"{name}+{offset}", address + offset)

    def _field(self) -> Change:
        name, address, kind = self._random.choice(self._structs)
        return self._in_struct(name, address, kind)

    def _entry_of_allgs(self) -> Change:
        index = self._random.randrange(len(self._runtime.gs))
        array = self._program.reader.word(self._program.reader.address("runtime.allgptr"))
        return self._at(f"allgs[{index}]", array + 8 * index)

    def _module_field(self) -> Change:
        return self._in_struct("firstmoduledata", self._module, "runtime.moduledata")

    def _in_struct(self, name: str, address: int, kind: str) -> Change:
        layout = self._program.reader.layout(kind)
        path = self._random.choice([path for path in FIELDS[kind].split() if layout.find(path)])
        offset = layout.offset(path) + 8 * self._random.randrange(
            max(1, layout.fields[path].size // 8)
        )
        return self._at(f"{name}.{path}", address + offset)

    def _table(self) -> Change:
        """Change a word of a table of functions, or fill much of it."""
        name = self._random.choice(TABLES)
        offset = self._program.reader.layout("runtime.moduledata").offset(name)
        address, size = self._program.reader.words(self._module + offset, 2)
        at = self._random.randrange(0, size, 4)
        if self._random.random() < 0.7:
            return self._at(f"{name}+{at}", address + at)
        count = min(size - at, self._random.choice((64, 4096, 1 << 20)))
        byte = self._random.choice((0, 1, 0x7F, 0x80, 0xFF))
        return Change(f"{name}+{at}: {count} times {byte:#x}", address + at, bytes([byte]) * count)

    def _stack(self) -> Change:
        g = self._random.choice([g for g in self._runtime.gs if g.stack_hi and g.sched_sp])
        at = self._random.randrange(g.sched_sp, g.stack_hi, 8)
        return self._at(f"{g.label}'s stack", at)


def run() -> None:
    core = os.environ["MUTATE_CORE"]
    gdb.execute(f"core {core}", to_string=True)
    program = sessions.session().stopped()
    mutator = Mutator(program, program.read().detached(), int(os.environ["MUTATE_SEED"]))
    segments = ElfFile.open(core, core=True).loaded
    with open(os.environ["MUTATE_OUT"], "w", encoding="utf-8") as out:
        print(json.dumps({"what": "nothing", "runs": list(_runs(core))}), file=out, flush=True)
        for _ in range(int(os.environ["MUTATE_COUNT"])):
            change = mutator.change()
            segment = next(
                (s for s in segments if 0 <= change.address - s.address < s.file_size), None
            )
            if segment is None:
                continue
            offset = segment.offset + change.address - segment.address
            before = _swap(core, offset, change.data)
            what = f"{change.what} at {change.address:#x}: {change.data[:8].hex()}"
            try:
                print(json.dumps({"what": what, "runs": list(_runs(core))}), file=out, flush=True)
            finally:
                _swap(core, offset, before)


def _swap(path: str, offset: int, data: bytes) -> bytes:
    """Write other bytes into a file, and return those that were there."""
    with open(path, "r+b") as file:
        file.seek(offset)
        before = file.read(len(data))
        file.seek(offset)
        file.write(data)
    return before


def _runs(core: str) -> Iterator[dict[str, object]]:
    gdb.execute(f"core {core}", to_string=True)
    sessions._current = None  # as in a fresh GDB
    for command in COMMANDS:
        began, answer, error = time.monotonic(), "", ""
        try:
            answer = gdb.execute(command, to_string=True)
        except gdb.error as failure:
            error = str(failure)
        seconds = time.monotonic() - began
        yield {"command": command, "answer": answer, "error": error, "seconds": seconds}


run()
