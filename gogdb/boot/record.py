"""What is recorded beside the observations of a stage: claims, changes, the code around a stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gogdb.inferior.protocol import Instruction
from gogdb.runtime.disasm_notes import Effect

__all__ = ["Change", "Claim", "Listing"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of the narration, checked against the program."""

    id: str
    holds: bool
    values: Mapping[str, object] = field(default_factory=dict)  # for the claim's text


@dataclass(frozen=True, slots=True)
class Change:
    """A value that a stage changed. `before` or `after` is None where there is no such value."""

    what: str
    before: object
    after: object


@dataclass(frozen=True)
class Listing:
    """Source lines and instructions around a stop."""

    source: Sequence[tuple[int, str]] = ()  # (line number, text)
    code: Sequence[Instruction] = ()
    notes: Mapping[int, Effect] = field(default_factory=dict)  # by instruction address
    lines: Mapping[int, int] = field(default_factory=dict)  # line number by instruction address
