"""GDB's own faults: a test in which GDB has one is run again, at most twice.

All of them strike without gogdb, too, when a program ends while GDB handles an event of another of
its threads:
- An internal error, "linux-nat.c:1849: internal-error: wait returned unexpected status 0x0". It
  names GDB's own source file.
- The same while a Python command captures GDB's output, as gogdb does when it continues the
  program. GDB then dies of a second error, of the question whether to quit: with "Recursive
  internal problem.", or with a backtrace through internal_verror.
- GDB hangs, waiting for a program that has ended (`autopsy.has_lost_thread`).
- GDB can start no program any more, and says "No unwaited-for children left".

Every other failure counts at once, and its report has what each GDB printed. The summary tells how
often each kind struck.

A pytest plugin. It looks for the message in `gdb_log`, where everything that runs GDB for a test
puts GDB's output.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import pytest
from _pytest.runner import runtestprotocol

from tests.support import gdb_log
from tests.support.autopsy import LOST_THREAD

__all__ = ["ATTEMPTS", "fault_of"]

ATTEMPTS = 3
_REPORTED = 20_000  # characters: the end of what a GDB printed

_PROPERTY = "gdb fault"
# internal_vproblem in gdb/utils.c: file, line, "internal-error", and what was wrong. The terminal
# may have wrapped the line.
_INTERNAL_ERROR = re.compile(r"([\w.+-]+\.(?:c|cc|h)):\d+:\s+internal-error:\s+(\S[^\r\n]*)")
_LOST_PROCESS = "No unwaited-for children left"
_CAPTURED = re.compile(
    r"^Recursive internal problem\.|\binternal_verror\b|_Z15internal_verror", re.M
)


def fault_of(texts: Iterable[str]) -> str:
    """Return the kind of the first fault of GDB's own, "" if there is none.

    That of an internal error is GDB's source file and message without numbers that differ from
    run to run.
    """
    for text in texts:
        if match := _INTERNAL_ERROR.search(text):
            message = re.sub(r"\b(?:0x[0-9a-f]{5,}|\d{2,})\b", "N", match[2])
            return f"{match[1]}: {message.rstrip()}"
        if _CAPTURED.search(text):
            return "an internal error while output is captured"
        for kind in (LOST_THREAD, _LOST_PROCESS):
            if kind in text:
                return kind
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test, again while it fails by a fault of GDB's own."""
    faults: list[str] = []
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    while True:
        gdb_log.clear()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = any(report.failed for report in reports)
        fault = fault_of(gdb_log.texts()) if failed else ""
        faults += [fault] if fault else []
        if not fault or len(faults) == ATTEMPTS:
            break
    for report in reports:
        if report.failed:
            printed = enumerate(gdb_log.texts(), 1)
            report.sections += [(f"GDB {n} printed", text[-_REPORTED:]) for n, text in printed]
        if report.when == "call":
            report.user_properties += [(_PROPERTY, fault) for fault in faults]
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count GDB's faults by kind. A report has them also when another process ran the test."""
    faults = Counter(
        kind
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, kind in getattr(report, "user_properties", ())
        if name == _PROPERTY
    )
    if faults:
        terminalreporter.section("faults of GDB's own")
        for kind, count in faults.most_common():
            terminalreporter.line(f"{count} × {kind}: the test was run again")
