"""Why an answer is incomplete, as JSON."""

from __future__ import annotations

from gogdb.runtime.scheduler import Runtime

__all__ = ["problems"]


def problems(runtime: Runtime) -> list[dict[str, object]]:
    """Return what makes a part of the answer incomplete or doubtful, and why."""
    return [{"part": problem.part, "why": problem.why} for problem in runtime.problems]
