"""The claims of a goroutine's round, leg by leg."""

from __future__ import annotations

from gogdb.boot.claims.context import CheckContext
from gogdb.boot.observation import Claim
from gogdb.follow.claims import leaving, returning, syscall
from gogdb.follow.claims.common import CHECKS

__all__ = ["check", "claimed", "leaving", "returning", "syscall"]


def check(scene: CheckContext) -> list[Claim]:
    """The claims of a leg; fills `scene.values` with what the words need."""
    return list(CHECKS[scene.stage.id](scene))


def claimed() -> set[str]:
    """The legs that have claims: every one."""
    return set(CHECKS)
