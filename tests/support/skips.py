"""What was skipped because the machine lacks something: one line, and the command that brings it.

A pytest plugin. A test that needs a program of the machine is skipped with a reason that ends in
`apt install PACKAGE...`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

__all__ = ["closing_line"]

_INSTALL = re.compile(r"apt install ([\w.+ -]+)$")


def closing_line(reasons: Sequence[str]) -> str:
    """Return a line about the tests that were skipped for these reasons, "" if none was."""
    commands = [match[1] for reason in reasons if (match := _INSTALL.search(reason))]
    packages = sorted({package for command in commands for package in command.split()})
    parts = []
    if packages:
        parts.append(f"{len(commands)} tests need: apt install {' '.join(packages)}")
    if others := len(reasons) - len(commands):
        parts.append(f"{others} skipped for other reasons: pytest -rs lists them")
    return "; ".join(parts)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the line, as the last before pytest's own."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = [report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)]
    if line := closing_line(reasons):
        terminalreporter.line("")
        terminalreporter.line(f"not tested here: {line}")
