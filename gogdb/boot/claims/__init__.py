"""What the narration says of each stage, as predicates over the live values.

Every sentence of a stage rests on a claim here; its words stand in `i18n/`
under the same id. A claim that does not hold is shown as such: it is either a
new Go release or a mistake of ours, and nobody should be taught it.
"""

from __future__ import annotations

from gogdb.boot.claims import goroutine, rt0, scheduler
from gogdb.boot.claims.context import CHECKS, CheckContext
from gogdb.boot.record import Claim

__all__ = ["CheckContext", "check", "goroutine", "rt0", "scheduler"]


def check(scene: CheckContext) -> list[Claim]:
    """The claims of a stage; fills `scene.values` with what the words need."""
    return list(CHECKS[scene.stage.id](scene))
