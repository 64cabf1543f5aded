"""One line of what `gogdb doctor` has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """`message` says what is so, `advice` what to do; a note is neither good nor bad."""

    verdict: Literal["ok", "not ok", "note"]
    message: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.verdict:8}{self.message}" + (f": {self.advice}" if self.advice else "")
