"""What kind of difference a row is: one of the runtimes, of offsets only, or perhaps chance."""

from __future__ import annotations

import re
from typing import Literal

from gogdb.boot.find import find_stage

__all__ = ["Kind", "Row", "is_threaded", "kind"]

Row = tuple[str, object, object]
"""What is compared, and its value in each of the two walks."""

Kind = Literal["difference", "offset", "chance"]

_OFFSET = re.compile(r"\b0x[0-9a-f]+(?= (below hi|above))")


def is_threaded(stage: str) -> bool:
    """Report whether several threads run at a stage: from main.main on."""
    return find_stage(stage).number >= find_stage("main-main").number


def kind(stage: str, row: Row, is_change: bool) -> Kind:
    """Return the kind of a row that differs at a stage; `is_change`: it is a value that changed.

    Where several threads run, what has changed by the time of the stop depends on their order.
    """
    old, new = str(row[1]), str(row[2])
    if is_change and is_threaded(stage):
        return "chance"
    return "offset" if _OFFSET.sub("", old) == _OFFSET.sub("", new) else "difference"
