"""Whether a g is on a CPU, and with which registers."""

from __future__ import annotations

from collections.abc import Mapping

from gogdb.runtime.goroutines import thread_of
from gogdb.runtime.model import G, Runtime
from gogdb.runtime.program import Program

__all__ = ["registers"]


def registers(program: Program, runtime: Runtime, g: G) -> Mapping[str, int] | None:
    """The registers of the thread that is on the stack of `g` now, None when none is.

    A goroutine whose thread has gone to g0 or into C is on no CPU in this sense: where it goes
    on is what it saved.
    """
    m = runtime.m(g.m)
    if m is None or g.unreadable or g.address not in (m.curg, m.g0, m.gsignal):
        return None
    thread = thread_of(program, m)
    found = program.target.registers(thread) if thread else None
    return found if found and g.stack.size and found["rsp"] in g.stack else None
