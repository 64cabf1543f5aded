"""How many predictions of a walk were right; kept for the walk alone."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Score"]


class Score:
    """The predictions that were judged, in their order."""

    def __init__(self) -> None:
        self._right_by_stage: dict[str, bool] = {}

    def add(self, stage: str, right: bool) -> None:
        """Count the prediction about a stage."""
        self._right_by_stage[stage] = right

    @property
    def count(self) -> int:
        """How many predictions were judged."""
        return len(self._right_by_stage)

    @property
    def right(self) -> int:
        """How many of them were right."""
        return sum(self._right_by_stage.values())

    @property
    def missed(self) -> Sequence[str]:
        """The stages about which the prediction was wrong."""
        return [stage for stage, right in self._right_by_stage.items() if not right]
