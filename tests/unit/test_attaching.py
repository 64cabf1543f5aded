"""Where GDB could not attach: a test is skipped only if the machine forbids it."""

from __future__ import annotations

import pytest

from tests.support.attaching import check_attached

DENIED = "ptrace: Operation not permitted.\n"


def test_attached() -> None:
    check_attached("Attaching to process 7\n[New LWP 8]\n")


def test_a_machine_that_forbids_it() -> None:
    with pytest.raises(pytest.skip.Exception, match="forbids to attach"):
        check_attached(f"Attaching to process 7\n{DENIED}")


@pytest.mark.parametrize(
    "output",
    [
        "ptrace: No such process.\n",
        f"warning: process 7 is a zombie - the process has already terminated\n{DENIED}",
        f"warning: process 7 is already traced by process 8\n{DENIED}",
    ],
)
def test_another_reason_fails(output: str) -> None:
    with pytest.raises(AssertionError, match="ptrace: "):
        check_attached(output)
