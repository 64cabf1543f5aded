"""The DAP messages in a text of docs/, and whether GDB's answers are those shown.

A block fenced as `dap` has requests, "→ COMMAND ARGUMENTS", and what their answers hold among other
things, "← BODY". Numbers that differ from run to run (ids, goids) stand for those that GDB has
given, consistently; "…" in a string stands for any text, and so do addresses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["Exchange", "Numbers", "blocks", "exchanges"]

_OMITTED = "…"
_FREE = re.compile(rf"{_OMITTED}|\b0x[0-9a-f]+\b|\bg\d+\b")
_KINDS = {"threadId": "thread", "frameId": "frame", "variablesReference": "variable"}
_LISTS = {"threads": "thread", "stackFrames": "frame"}  # whose elements have an id


class Exchange(NamedTuple):
    """A request, and what its answer holds."""

    command: str
    arguments: dict[str, Any]
    shown: Any


def blocks(text: str, language: str, heading: str = "") -> list[str]:
    """Return the blocks fenced as a language, of the section with a heading if one is given."""
    _, _, section = text.partition(f"\n## {heading}\n") if heading else ("", "", text)
    if heading:
        section = section.partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.M | re.S)


def exchanges(block: str) -> Iterator[Exchange]:
    """Yield what a block has."""
    for part in re.split(r"^→ ", block, flags=re.M)[1:]:
        request, _, shown = part.partition("\n← ")
        command, _, arguments = request.partition(" ")
        yield Exchange(command, json.loads(arguments or "{}"), json.loads(shown))


class Numbers:
    """The numbers that GDB has given in place of those shown."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, int], int] = {}

    def request(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a request with the numbers that GDB has given."""
        return {key: self._argument(key, value) for key, value in arguments.items()}

    def _argument(self, key: str, value: Any) -> Any:
        if kind := _KINDS.get(key):
            return self._given[kind, value]
        if key == "expression":
            return re.sub(
                r"\bg(\d+)\b",
                lambda goid: f"g{self._given.get(('g', int(goid[1])), goid[1])}",
                value,
            )
        return value

    def hold(self, shown: Any, answer: Any, kind: str = "") -> bool:
        """Report whether an answer holds what is shown; if it does, note its numbers."""
        before = dict(self._given)
        if self._holds(shown, answer, kind):
            return True
        self._given = before
        return False

    def _holds(self, shown: Any, answer: Any, kind: str) -> bool:
        if isinstance(shown, dict):
            return isinstance(answer, dict) and all(
                key in answer and self._field(key, value, answer[key], kind)
                for key, value in shown.items()
            )
        if isinstance(shown, list):
            rest = iter(answer)
            return all(any(self.hold(each, other, kind) for other in rest) for each in shown)
        if isinstance(shown, str) and isinstance(answer, str):
            return self._text(shown, answer)
        return bool(shown == answer)

    def _field(self, key: str, shown: Any, answer: Any, kind: str) -> bool:
        kind = kind if key == "id" else _KINDS.get(key, "")
        if kind and shown:
            return bool(self._given.setdefault((kind, shown), answer) == answer)
        return self._holds(shown, answer, _LISTS.get(key, ""))

    def _text(self, shown: str, answer: str) -> bool:
        free = _FREE.findall(shown)
        pattern = "".join(
            re.escape(fixed) + self._pattern(word)
            for fixed, word in zip(_FREE.split(shown), [*free, ""], strict=True)
        )
        match = re.fullmatch(pattern, answer, re.S)
        if match is None:
            return False
        goids = [int(word[1:]) for word in free if word.startswith("g")]
        given = [
            self._given.setdefault(("g", goid), int(found)) == int(found)
            for goid, found in zip(goids, match.groups(), strict=True)
        ]
        return all(given)

    def _pattern(self, word: str) -> str:
        if word.startswith("g"):
            return r"g(\d+)"
        return {"": "", _OMITTED: ".*?"}.get(word, "0x[0-9a-f]+")
