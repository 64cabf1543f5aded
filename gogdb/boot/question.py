"""Questions about a stage, answered by the recorded values of this run.

A question asks for a value (hex, decimal or an expression that GDB evaluates) or offers options.
Its `traps` are the values that misunderstandings lead to. The texts are in
`i18n/*/guide.toml`, under the stage's id and the names of traps and options.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Question", "Verdict"]


@dataclass(frozen=True)
class Question:
    """A question; `right` is a number or one of `options`. The texts are filled with `values`."""

    stage: str
    right: int | str
    options: Sequence[str] = ()
    traps: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def letters(self) -> Mapping[str, str]:
        """The options by the letter that chooses them."""
        return dict(zip("abcdefgh", self.options, strict=False))

    def judge(self, answer: int | str) -> Verdict:
        """Judge an answer: a number, or the letter of an option, one of `letters`."""
        if isinstance(answer, str):
            chosen = self.letters[answer]
            return Verdict(chosen == self.right, "" if chosen == self.right else chosen)
        if answer == self.right:
            return Verdict(True)
        return Verdict(False, next((n for n, v in self.traps.items() if v == answer), ""))


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right; `because` is the trap or the option behind a wrong one, or ""."""

    right: bool
    because: str = ""
