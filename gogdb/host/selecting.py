"""Which goroutines a command is about: names, filters, the selected thread's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.errors import GogdbError, Unreadable
from gogdb.runtime import goroutines
from gogdb.runtime.model import G, Runtime
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame
from gogdb.target.amd64 import tls_slot

__all__ = ["NAMES", "current", "matching", "named"]

NAMES = ("g0", "m0.g0", "m0.gsignal", "m0.curg")  # for completion


def current(program: Program, runtime: Runtime) -> G:
    """The g whose stack the selected thread is on, else the one that its TLS slot names."""
    registers = program.target.registers()
    g = runtime.owner(registers["rsp"])
    if g is None:
        try:
            slot = tls_slot(registers["fs_base"], program.target.binary.tls_offset)
            g = runtime.g(program.reader.word(slot))
        except Unreadable:
            g = None
    if g is None:
        raise GogdbError("the selected thread is on no goroutine", "name one: a goid, g0, m0.curg")
    return g


def named(program: Program, runtime: Runtime, names: Sequence[str]) -> list[G]:
    if not names:
        return [current(program, runtime)]
    return [goroutines.find(program, runtime, name) for name in names]


def matching(
    runtime: Runtime,
    where: Mapping[int, Frame],
    status: str | None,
    reason: str | None,
    pattern: str | None,
) -> list[G]:
    """The goroutines that the filters leave; dead ones only when asked for."""
    known = {g.status for g in runtime.gs}
    if status and not any(status in name for name in known):
        raise GogdbError(
            f"no goroutine is {status}", f"there are: {', '.join(sorted(known)) or 'none'}"
        )

    def wanted(g: G) -> bool:
        if g.unreadable:
            return not (status or reason or pattern)
        if status and status not in g.status:
            return False
        if g.dead and not status:
            return False
        if reason and reason not in g.waitreason:
            return False
        if pattern:
            frame = where.get(g.address)
            return frame is not None and (pattern in frame.function or pattern in frame.file)
        return True

    return [g for g in runtime.gs if wanted(g)]
