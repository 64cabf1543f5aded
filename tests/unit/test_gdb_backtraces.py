"""The comparison of GDB's backtraces with Go's traceback: what may differ, and what may not."""

from __future__ import annotations

import pytest

from tests.support.gdb_backtraces import LWP, compare, frames_by_lwp
from tests.support.traceback import parse

TRACEBACK = """\
goroutine 8 gp=0xc000007860 m=nil [runnable]:
runtime.asyncPreempt2()
\t/go/src/runtime/preempt.go:308 +0x3f fp=0xc000046000 sp=0xc000045fe0 pc=0x433abf
runtime.asyncPreempt()
\t/go/src/runtime/preempt_amd64.s:53 +0xdb fp=0xc000046188 sp=0xc000046000 pc=0x45f1db
main.asyncPreempted(0x0)
\t/states/running.go:9 +0x8 fp=0xc000046790 sp=0xc000046788 pc=0x508848
runtime.goexit()
\t/go/src/runtime/asm_amd64.s:1594 +0x1 fp=0xc000046798 sp=0xc000046790 pc=0x45d7c1
"""
BACKTRACE = """\
Thread 9 (LWP {lwp}):
#0  main.asyncPreempted (...) at /states/running.go:{line}
#1  0x000000000045d7c1 in runtime.goexit () at /go/src/runtime/asm_amd64.s:1594
#2  0x0000000000000000 in ?? ()
"""


@pytest.mark.parametrize(
    ("line", "met", "wrong"),
    [
        (9, {"end", "preempted"}, []),
        (1, {"end", "preempted", "no line"}, []),
        (7, {"end", "preempted"}, ["g8 [runnable]: #0 ('main.asyncPreempted', "]),
    ],
)
def test_a_preempted_goroutine(line: int, met: set[str], wrong: list[str]) -> None:
    """Its jump may have no line of its own; any other line than Go's is wrong."""
    stacks = frames_by_lwp(BACKTRACE.format(lwp=LWP + 8, line=line))
    differences, found = compare(stacks, parse(TRACEBACK))
    assert differences.keys() == met
    assert [text[: len(start)] for text, start in zip(found, wrong, strict=True)] == wrong


IN_C = """\
goroutine 5 gp=0xc000007860 m=3 mp=0xc000080008 [syscall, locked to thread]:
runtime.cgocall(0x48, 0xc000046700)
\t/go/src/runtime/cgocall.go:167 +0x4b fp=0xc000046700 sp=0xc0000466c8 pc=0x40af6b
main._Cfunc_blocks()
\t_cgo_gotypes.go:60 +0x3f fp=0xc000046728 sp=0xc000046700 pc=0x4f1f3f
runtime.systemstack_switch()
\t/go/src/runtime/asm_amd64.s:459 fp=0xc000046730 sp=0xc000046728 pc=0x45d7c0
runtime.goexit()
\t/go/src/runtime/asm_amd64.s:1594 +0x1 fp=0xc000046798 sp=0xc000046790 pc=0x45d7c1
"""
BACKTRACE_IN_C = """\
Thread 9 (LWP {lwp}):
#0  runtime.cgocall (...) at /go/src/runtime/cgocall.go:{line}
#1  0x00000000004f1f3f in main._Cfunc_blocks () at ./_cgo_gotypes.go:60
#2  0x000000000045d7c0 in {function} ()
#3  0x000000000045d7c1 in runtime.goexit () at /go/src/runtime/asm_amd64.s:1594
"""


@pytest.mark.parametrize(
    ("line", "function", "met", "wrong"),
    [
        (176, "??", {"in C", "entry"}, []),
        (166, "??", set(), ["g5 [syscall, locked to thread]: #0 ('runtime.cgocall', "]),
        (200, "??", set(), ["g5 [syscall, locked to thread]: #0 ('runtime.cgocall', "]),
        (176, "main.f", {"in C"}, ["g5 [syscall, locked to thread]: #2 ('main.f', "]),
    ],
)
def test_a_goroutine_in_c(line: int, function: str, met: set[str], wrong: list[str]) -> None:
    """It goes on behind a comment in cgocall; the entry of a function as return address."""
    text = BACKTRACE_IN_C.format(lwp=LWP + 5, line=line, function=function)
    differences, found = compare(frames_by_lwp(text), parse(IN_C))
    assert differences.keys() == met
    assert [text[: len(start)] for text, start in zip(found, wrong, strict=True)] == wrong
