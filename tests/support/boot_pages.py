"""Read the pages and the JSON of go-boot."""

from __future__ import annotations

import re
from typing import Any

from gogdb.boot.stages import STAGES
from tests.support.session import Session

__all__ = ["IDS", "check_report", "claims", "marks", "stages"]

IDS = [stage.id for stage in STAGES]
_HEADING = re.compile(rf"^━━ (\d+)/{len(IDS)} · ([\w-]+) ━", re.M)


def stages(output: str) -> list[str]:
    """Return the ids of the stages that have a card in an output."""
    return [name for _, name in _HEADING.findall(output)]


def claims(output: str) -> int:
    """Return how many claims are on the cards; each must hold."""
    assert "✗" not in output
    return len(re.findall(r"✓ (?!28 of 28)", output))


def marks(session: Session) -> dict[str, str]:
    """Return the mark of each stage in `go-boot list`."""
    rows = re.findall(r"^ +([✓✗►–]?) +\d+ +([\w-]+) ", session.run("go-boot list"), re.M)
    return {name: mark for mark, name in rows}


def check_report(report: dict[str, Any]) -> None:
    """Check the JSON of a complete walk."""
    assert [stage["id"] for stage in report["stages"]] == IDS
    assert report["go_version"].startswith("go1.")
    assert report["summary"]["complete"] is True
    assert report["summary"]["failed"] == 0
    held = [claim for stage in report["stages"] for claim in stage["claims"]]
    assert all(claim["holds"] is True and claim["text"] for claim in held)
    assert report["summary"]["claims"] == len(held)
