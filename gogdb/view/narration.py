"""The words of the walk, a folder for each language, keyed by stage and claim id."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from gogdb.boot.record import Claim
from gogdb.boot.stage import Record
from gogdb.i18n import texts

__all__ = ["Narration", "narration"]


# A value that decides on one more sentence: told when true, and when false
_MORE = (
    ("moved", "moved", "stayed"),
    ("at_once", "at_once", "later"),
    ("loaded", "loaded", ""),
)


class _Words(string.Formatter):
    """`str.format` for values that may be missing: those are shown as "?"."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        return "?" if value is None else str(format(value, format_spec))


class Narration:
    """One language."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._words = words
        self._format = _Words().vformat

    def title(self, stage: str) -> str:
        return str(self._words[stage]["title"])

    def missed(self, records: Sequence[Record]) -> str:
        """Stages in a row that the program was already past."""
        if len(records) == 1:
            return self.text(records[0])
        ends = {"first": records[0].stage.number, "last": records[-1].stage.number}
        return self._format(self._words["skipped"]["overtaken-all"], (), ends)

    def text(self, record: Record) -> str:
        """What just happened and why it matters; for a skipped stage, why there is nothing."""
        if record.skipped:
            return str(self._words["skipped"].get(record.skipped, record.skipped + "."))
        return self.passage(record.stage.id, record.values, self._sentences(record))

    def _sentences(self, record: Record) -> Sequence[str]:
        words, keys = self._words[record.stage.id], []
        for value, yes, no in _MORE:
            known = record.values.get(value)
            if known is not None and yes in words and (yes if known else no) in words:
                keys.append(yes if known else no)
        return keys

    def passage(self, id: str, values: Mapping[str, object], sentences: Sequence[str] = ()) -> str:
        """Return the text of a stage or step, followed by the sentences with these keys."""
        words = self._words[id]
        text = words["text"] + "".join(words[key] for key in sentences)
        return self._format(text, (), values)

    def claim(self, stage: str, claim: Claim) -> str:
        return self._format(self._words[stage]["claims"][claim.id], (), claim.values)


@cache
def narration(language: str, road: str = "stages") -> Narration:
    """The narration in one of `gogdb.i18n.LANGUAGES`: of the boot's "stages", or of "follow"."""
    return Narration(texts(language, road))
