"""The stages of the boot, in their order."""

from __future__ import annotations

from gogdb.boot.stage import Stage
from gogdb.boot.stages import gogo, main, mstart, newproc, rt0, schedinit

__all__ = ["STAGES"]

_PHASES = (rt0, schedinit, newproc, mstart, gogo, main)

STAGES: tuple[Stage, ...] = tuple(
    stage(number) for number, stage in enumerate((s for phase in _PHASES for s in phase.STAGES), 1)
)
