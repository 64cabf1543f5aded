"""GDB's internal errors in tests: recognised by their text, tried again, counted."""

from __future__ import annotations

import pytest

from tests.support.autopsy import LOST_THREAD
from tests.support.gdb_faults import ATTEMPTS, fault_of

pytest_plugins = ("pytester",)

WAIT = (
    "../../gdb/linux-nat.c:1849: internal-error: wait returned unexpected status 0x0\n"
    "A problem internal to GDB has been detected,\n"
    "further debugging may prove unreliable.\n"
)

# What GDB 13 and 18 print when such an error comes while Python captures their output
CAPTURED_13 = "Recursive internal problem.\n"
CAPTURED_18 = (
    "----- Backtrace -----\n"
    "/opt/gdb/bin/gdb(_Z22gdb_internal_backtracev+0x49)[0x19e02b9]\n"
    "/opt/gdb/bin/gdb(_Z15internal_verrorPKciS0_P13__va_list_tag+0x1b)[0x1f3406b]\n"
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (WAIT, "linux-nat.c: wait returned unexpected status 0x0"),
        (
            "/build/gdb/thread.c:86: internal-error: inferior_thread: Assertion `current_thread_ "
            "!= nullptr' failed.\r\n",
            "thread.c: inferior_thread: Assertion `current_thread_ != nullptr' failed.",
        ),
        (
            "infrun.c:2988:\r\ninternal-error: LWP 31415 at 0x7ffff7dd5000\n",
            "infrun.c: LWP N at N",
        ),
        (CAPTURED_13, "an internal error while output is captured"),
        (CAPTURED_18, "an internal error while output is captured"),
        (LOST_THREAD, LOST_THREAD),
        ("No unwaited-for children left.\n", "No unwaited-for children left"),
        ("", ""),
        ("Couldn't get registers: No such process.\n", ""),
        ("main.go:12: internal-error: a Go program may print this\n", ""),
        ("Fatal signal: Segmentation fault\n----- Backtrace -----\n", ""),
        ("warning: internal-error is a word\n", ""),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert fault_of(["some output\n", text]) == kind


PLUGIN = 'pytest_plugins = ("tests.support.gdb_faults",)'
TEST = """
from tests.support import gdb_log

attempts = []

def test_gdb():
    attempts.append(1)
    if len(attempts) <= FAULTS:
        gdb_log.new().write(TEXT)
        assert False, "the prompt did not come"
"""


def outcome(pytester: pytest.Pytester, faults: int, text: str, *options: str) -> pytest.RunResult:
    pytester.makeconftest(PLUGIN)
    pytester.makepyfile(TEST.replace("FAULTS", str(faults)).replace("TEXT", repr(text)))
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["here", "in a worker"])
def test_a_fault_is_tried_again_and_counted(
    pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    result = outcome(pytester, 2, WAIT, *options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*faults of GDB's own*", "2 × linux-nat.c: wait returned unexpected status 0x0: *"]
    )


def test_a_fault_that_stays_fails(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, ATTEMPTS, WAIT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{ATTEMPTS} × linux-nat.c: *"])


def test_any_other_failure_counts_at_once(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, 1, "Couldn't get registers: No such process.\n")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*faults of GDB's own*")
    result.stdout.fnmatch_lines(["*GDB 1 printed*", "Couldn't get registers: No such process."])
