"""GDB's own faults: a test in which GDB reports an internal error is run again, at most twice.

A GDB under load may end a `run` with "linux-nat.c:1849: internal-error: wait returned unexpected
status 0x0", whatever is loaded into it. Such a message names GDB's own source file, so it cannot
come from gogdb. Every other failure counts at once. The summary tells how often each kind struck.

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

__all__ = ["ATTEMPTS", "internal_error"]

ATTEMPTS = 3

_PROPERTY = "gdb fault"
# internal_vproblem in gdb/utils.c: file, line, "internal-error", and what was wrong. The terminal
# may have wrapped the line.
_INTERNAL_ERROR = re.compile(r"([\w.+-]+\.(?:c|cc|h)):\d+:\s+internal-error:\s+(\S[^\r\n]*)")


def internal_error(texts: Iterable[str]) -> str:
    """Return the kind of the first internal error that GDB reports, "" when there is none.

    The kind is GDB's source file and message without numbers that differ from run to run.
    """
    for text in texts:
        if match := _INTERNAL_ERROR.search(text):
            message = re.sub(r"\b(?:0x[0-9a-f]{5,}|\d{2,})\b", "N", match[2])
            return f"{match[1]}: {message.rstrip()}"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test, again while it fails by an internal error of GDB's."""
    faults: list[str] = []
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    while True:
        gdb_log.clear()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = any(report.failed for report in reports)
        fault = internal_error(gdb_log.texts()) if failed else ""
        faults += [fault] if fault else []
        if not fault or len(faults) == ATTEMPTS:
            break
    for report in reports:
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
