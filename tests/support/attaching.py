"""What GDB says when it cannot attach to a process."""

from __future__ import annotations

import re

import pytest

__all__ = ["check_attached"]

_FORBIDDEN = "ptrace: Operation not permitted"
_OTHER_REASONS = re.compile(r"is already traced by|is a zombie")  # ptrace fails so then, too


def check_attached(output: str) -> None:
    """Skip the test if the machine forbids GDB to attach; fail if GDB could not for other reasons.

    `output` is what GDB has printed. Raises `AssertionError`.
    """
    if _FORBIDDEN in output and not _OTHER_REASONS.search(output):
        pytest.skip("this machine forbids to attach: kernel.yama.ptrace_scope")
    assert "ptrace: " not in output, output
