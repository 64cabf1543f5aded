"""`gogdb doctor`: which faults are known of a GDB."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gogdb.launch.doctor import known_faults
from gogdb.launch.tools import Gdb


@pytest.mark.parametrize(
    ("version", "count"), [("12.1", 0), ("13.1", 2), ("16.3", 3), ("18.1", 3), ("18.2", 0)]
)
def test_known_faults(version: str, count: int) -> None:
    found = list(known_faults(Gdb(Path("/usr/bin/gdb"), version, "3.11.2")))
    assert len(found) == count
    for finding in found:
        assert finding.verdict == "note"
        assert re.match(r"note    known of GDB 1[36]\.\d to 18\.1: ", str(finding))
        assert finding.advice
        assert "\n" not in str(finding)
