"""The convenience functions as GDB knows them: names, help, errors.

As with the commands, what a function does is imported when it is first called.
"""

from __future__ import annotations

from importlib import import_module

import gdb

from gogdb.errors import GogdbError

__all__ = ["FUNCTIONS", "register"]


class _Function(gdb.Function):
    """One function: `gogdb.host.values` has what it does, under its name."""

    def __init__(self, name: str, doc: str) -> None:
        self.__doc__ = doc
        self._name = name
        super().__init__(name)

    def invoke(self, *arguments: gdb.Value) -> gdb.Value | int:
        try:
            value: gdb.Value | int = import_module("gogdb.host.values").call(self._name, arguments)
        except GogdbError as error:
            raise gdb.GdbError(str(error)) from None
        return value


_SCHEDULER = """\
A thread runs now this goroutine and now that one, and a goroutine may go on
on another thread: what is true at one stop need not be at the next. A condition
is evaluated on whichever thread hits its breakpoint. `next` and `step` follow
the thread, and can end in another goroutine."""

_G = f"""The struct runtime.g of a goroutine or of a system stack, by name.

Usage: $go_g (G)

G is a goid; a pointer to a g; or a string: a goid, "g0", "m1.g0", "m1.curg",
"m1.gsignal" or an address, "0x...". The value is a pointer to the g. Write `.`
after it, not `->`, which GDB's language go does not have; in C and in assembly
`.` will do as well.

{_SCHEDULER}

Example:
  (gdb) p/x $go_g(1).sched
  (gdb) p *$go_g("g0")
  (gdb) x/2gx $go_g(1).sched.sp"""

_M = """The struct runtime.m of a thread of Go's runtime, by the M's id.

Usage: $go_m (N)

The value is a pointer to the m. `go-gmp m` lists the ids.

Example:
  (gdb) p $go_m(0).procid
  (gdb) p/x $go_m(1).g0.stack"""

_P = """The struct runtime.p of a P, the right to run Go code, by its id.

Usage: $go_p (N)

The value is a pointer to the p. `go-gmp p` lists the ids.

Example:
  (gdb) p $go_p(0).runqhead
  (gdb) p/x $go_p(0).runnext"""

_CURG = f"""The goroutine that the selected thread's M is bound to: m.curg.

Usage: $go_curg ()

The value is a pointer to the g: that of the goroutine even while the thread is
on its system stack or in C code; nil when there is none, and on threads that
are not Go's.

{_SCHEDULER}

Example:
  (gdb) p $go_curg().goid
  (gdb) p $go_curg() == $go_g(1)"""

_GOID = f"""The goid of the goroutine that the selected thread runs; 0 on a system stack.

Usage: $go_goid ()

It is 0, too, in C code, on threads that are not Go's and before the runtime
has begun. It reads no other goroutine, and needs no debug information: it may
well stand in the condition of a breakpoint that is hit often.

{_SCHEDULER}

Example:
  (gdb) break main.work if $go_goid() == 7"""

FUNCTIONS = {"go_g": _G, "go_m": _M, "go_p": _P, "go_curg": _CURG, "go_goid": _GOID}


def register() -> None:
    for name, doc in FUNCTIONS.items():
        _Function(name, doc)
