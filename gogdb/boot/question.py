"""Questions about a stage: asked before it is run, answered by what it has recorded.

A question asks for a number or offers options. What is right, and the numbers that
misunderstandings lead to, the `traps`, are known once the stage has been run. The texts are in
`i18n/*/questions.toml`, under the stage's id and the names of traps and options.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Question", "Solution", "Verdict"]


@dataclass(frozen=True)
class Question:
    """A question for a number, or for one of `options`.

    Its text is filled with `values`, which are known before the stage is run.
    """

    stage: str
    options: Sequence[str] = ()
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def letters(self) -> Mapping[str, str]:
        """The options by the letter that chooses them."""
        return dict(zip("abcdefgh", self.options, strict=False))

    def option(self, text: str) -> str | None:
        """Return the option that `text` names by its letter or its name, None if it names none."""
        word = text.strip(" ().:'\"").lower()
        return word if word in self.options else self.letters.get(word)


@dataclass(frozen=True)
class Solution:
    """What a run says: `right` is a number or an option. Explanations are filled with `values`."""

    right: int | str
    traps: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)

    def judge(self, answer: int | str) -> Verdict:
        """Judge an answer: a number, or the name of an option."""
        if answer == self.right:
            return Verdict(True)
        if isinstance(answer, str):
            return Verdict(False, answer)
        return Verdict(False, next((n for n, v in self.traps.items() if v == answer), ""))


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right; `because` is the trap or the option behind a wrong one, or ""."""

    right: bool
    because: str = ""
