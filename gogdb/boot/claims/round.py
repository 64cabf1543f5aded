"""The claims of a goroutine's round, leg by leg."""

from __future__ import annotations

from gogdb.boot.claims import kernel, leaving, returning
from gogdb.boot.claims.legs import CHECKS
from gogdb.boot.claims.scene import Scene
from gogdb.boot.moment import Claim

__all__ = ["check", "claimed", "kernel", "leaving", "returning"]


def check(scene: Scene) -> list[Claim]:
    """The claims of a leg; fills `scene.values` with what the words need."""
    return list(CHECKS[scene.stage.id](scene))


def claimed() -> set[str]:
    """The legs that have claims: every one."""
    return set(CHECKS)
