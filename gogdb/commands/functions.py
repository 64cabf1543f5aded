"""The convenience functions, declared: names, arguments and help.

What they compute is in convenience.py, which is imported when one is first called.
"""

from __future__ import annotations

from gogdb.commands.declaration import Function

__all__ = ["FUNCTIONS"]

_SCHEDULING = (
    "A thread runs different goroutines over time, and a goroutine may continue on another thread: "
    "what holds at one stop need not hold at the next. A condition is evaluated on whichever "
    "thread hits its breakpoint. `next` and `step` follow the thread, and can end in another "
    "goroutine."
)

_WORDS = (
    "In a program without debug information it is a pointer to words of 8 bytes, without fields."
)

_SELECTED = "While `go-goroutine` or `go-apply` has selected a goroutine, it is about that one."

FUNCTIONS = (
    Function(
        "go_g",
        "The struct runtime.g of a goroutine or of a system stack, by name.",
        ("G",),
        about=(
            'G is a goid; a pointer to a g; or a string: a goid, "g0", "m1.g0", "m1.curg", '
            '"m1.gsignal" or an address, "0x...". The value is a pointer to the g. Write `.` after '
            "it, not `->`, which GDB's language go does not have; `.` also works in C and in "
            "assembly.",
            _WORDS,
            _SCHEDULING,
        ),
        examples=("p/x $go_g(1).sched", 'p *$go_g("g0")', "x/2gx $go_g(1).sched.sp"),
    ),
    Function(
        "go_m",
        "The struct runtime.m of a thread of Go's runtime, by the M's id.",
        ("N",),
        about=("The value is a pointer to the m. `go-gmp m` lists the ids.", _WORDS),
        examples=("p $go_m(0).procid", "p/x $go_m(1).g0.stack"),
    ),
    Function(
        "go_p",
        "The struct runtime.p of a P, the right to run Go code, by its id.",
        ("N",),
        about=("The value is a pointer to the p. `go-gmp p` lists the ids.", _WORDS),
        examples=("p $go_p(0).runqhead", "p/x $go_p(0).runnext"),
    ),
    Function(
        "go_curg",
        "The goroutine that the selected thread's M is bound to: m.curg.",
        (),
        about=(
            "The value is a pointer to the g, also while the thread is on its system stack or in C "
            "code. It is nil when the M has no goroutine, and on threads that are not Go's.",
            _SELECTED,
            _WORDS,
            _SCHEDULING,
        ),
        examples=("p $go_curg().goid", "p $go_curg() == $go_g(1)"),
    ),
    Function(
        "go_goid",
        "The goid of the goroutine that the selected thread runs; 0 on a system stack.",
        (),
        about=(
            "It is also 0 in C code, on threads that are not Go's, and before the runtime has "
            "started. It reads no other goroutine and needs no debug information, so it suits the "
            "condition of a breakpoint that is hit often.",
            _SELECTED,
            _SCHEDULING,
        ),
        examples=("break main.work if $go_goid() == 7",),
    ),
    Function(
        "go_runs",
        "Whether the selected thread works for one of these goroutines: 1 or 0.",
        ("GOID",),
        repeats_last=True,
        about=(
            "On a system stack, in C code and in a signal handler it is the goroutine that the "
            "thread's M is bound to, m.curg. It reads no other goroutine and needs no debug "
            "information. What cannot be read is an error, at which a breakpoint stops. `go-break` "
            "sets breakpoints with this condition.",
            _SELECTED,
        ),
        examples=("break main.work if $go_runs(7, 9)",),
    ),
    Function(
        "go_has_label",
        "Whether the selected thread's goroutine has a profiler label: 1 or 0.",
        ("LABEL",),
        about=(
            'LABEL is a string, "K" or "K=V", as pprof.Do sets labels. The goroutine is that of '
            "$go_runs. What cannot be read is an error, at which a breakpoint stops. `go-break` "
            "sets breakpoints with this condition.",
            _SELECTED,
        ),
        examples=('break main.work if $go_has_label("user=42")',),
    ),
)
