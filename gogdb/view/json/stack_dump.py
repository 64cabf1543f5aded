"""go-stacks --memory as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.i18n import use_language
from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.runtime.model import G
from gogdb.runtime.stack_dump import Word
from gogdb.runtime.unwind import Unwound
from gogdb.view.json.values import as_hex
from gogdb.view.stack_dump import describe_word, marks

__all__ = ["words"]


def words(
    g: G, unwound: Unwound, chain: FramePointerChain | None, words: Sequence[Word]
) -> Iterator[dict[str, object]]:
    """Yield the words of a stack in falling addresses, as the picture shows them."""
    marked, meaning = marks(g, chain, words), use_language("en")(describe_word)
    for word in reversed(words):
        yield {
            "address": as_hex(word.address),
            "value": as_hex(word.value),
            "kind": "rbp" if word.kind == "saved-fp" else word.kind,
            "meaning": meaning(word, unwound) or None,
            "frame": word.frame,
            "marks": marked.get(word.address, []),
        }
