"""Look up stages by id, number or prefix."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from gogdb.boot.stage import Stage
from gogdb.boot.stages import STAGES
from gogdb.errors import GogdbError

__all__ = ["find_stage"]


def find_stage(name: str) -> Stage:
    """Return a stage by its id, number or unique prefix.

    Raises `GogdbError`, which suggests the nearest ids.
    """
    for stage in STAGES:
        if name in (stage.id, str(stage.number)):
            return stage
    matches = [stage for stage in STAGES if stage.id.startswith(name.lower())] if name else []
    if len(matches) == 1:
        return matches[0]
    if matches:
        ids = _enumerate([stage.id for stage in matches])
        raise GogdbError(f"{name} is short for {ids}", "say which")
    near = difflib.get_close_matches(name.lower(), [stage.id for stage in STAGES], 3, 0.4)
    hint = f"did you mean {_enumerate(near)}?" if near else "`go-boot list` shows them all"
    raise GogdbError(f"no stage {name!r} among 1 to {len(STAGES)}", hint)


def _enumerate(ids: Sequence[str]) -> str:
    """Join ids as in a sentence: "a, b or c"."""
    return ids[0] if len(ids) == 1 else ", ".join(ids[:-1]) + " or " + ids[-1]
