"""The claims of a goroutine's round, step by step."""

from __future__ import annotations

from gogdb.boot.record import Claim
from gogdb.follow.claims import leaving, returning, syscall
from gogdb.follow.claims.common import CHECKS, CheckContext

__all__ = ["CheckContext", "check", "claimed", "leaving", "returning", "syscall"]


def check(scene: CheckContext) -> list[Claim]:
    """The claims of a step; fills `scene.values` with what the words need."""
    return list(CHECKS[scene.step.id](scene))


def claimed() -> set[str]:
    """The steps that have claims: every one."""
    return set(CHECKS)
