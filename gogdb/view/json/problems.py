"""Why an answer is incomplete, as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.runtime.problems import Problem
from gogdb.runtime.scheduler import Runtime

__all__ = ["problems"]


def problems(runtime: Runtime, later: Sequence[Problem] = ()) -> list[dict[str, object]]:
    """Return what makes a part of the answer incomplete or doubtful, and why.

    `later` was found after `runtime` was read.
    """
    return [{"part": part, "why": why} for part, why in (*runtime.problems, *later)]
