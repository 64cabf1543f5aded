"""The texts of stages, of steps and of their claims, filled with the values of a run."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from gogdb.boot.record import Claim
from gogdb.boot.stage import Record
from gogdb.i18n import counted, texts

__all__ = ["Narration", "narration"]


class _Formatter(string.Formatter):
    """`str.format` that writes "?" for a value that is missing or None."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        return "?" if value is None else format(counted(value), format_spec)


class Narration:
    """The texts in one language, by the id of the stage or step and the id of the claim."""

    def __init__(self, catalogue: Mapping[str, Any]) -> None:
        self._catalogue = catalogue
        self._format = _Formatter().vformat

    def title(self, id: str) -> str:
        """Return the title of a stage or step."""
        return str(self._catalogue[id]["title"])

    def missed(self, records: Sequence[Record]) -> str:
        """Return the text for consecutive stages that the program was already past."""
        if len(records) == 1:
            return self.text(records[0])
        ends = {"first": records[0].stage.number, "last": records[-1].stage.number}
        return self._format(self._catalogue["skipped"]["overtaken-all"], (), ends)

    def text(self, record: Record) -> str:
        """Return what happened at a stage of the boot, or why it was skipped."""
        if record.skipped:
            return str(self._catalogue["skipped"].get(record.skipped, record.skipped + "."))
        return self.passage(record.stage.id, record.values, record.sentences)

    def passage(self, id: str, values: Mapping[str, object], sentences: Sequence[str]) -> str:
        """Return the text of a stage or step, followed by the sentences with these keys."""
        entry = self._catalogue[id]
        text = entry["text"] + "".join(entry[key] for key in sentences)
        return self._format(text, (), values)

    def claim(self, id: str, claim: Claim) -> str:
        """Return the text of a claim of the stage or step `id`."""
        return self._format(self._catalogue[id]["claims"][claim.id], (), claim.values)


@cache
def narration(language: str, catalogue: str = "stages") -> Narration:
    """Return the texts in one of `gogdb.i18n.LANGUAGES`.

    `catalogue` is "stages" for the boot or "follow" for `go-boot follow`.
    """
    return Narration(texts(language, catalogue))
