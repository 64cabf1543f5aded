"""The synctest bubble and the labels of goroutines, in the rows of go-gmp and go-stacks."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.runtime.model import LabelSet
from gogdb.runtime.scheduler import Runtime

__all__ = ["all_labels", "bubble_entries", "labels", "valid_text"]


def bubble_entries(
    runtime: Runtime, bubble: int | None, status: int, reason: int
) -> dict[str, object]:
    """Return `bubble` and `durable` of a g, whose g.bubble, status and wait reason these are."""
    found = runtime.bubbles.get(bubble) if bubble else None
    return {
        "bubble": found and (found.unreadable or found.id),
        "durable": found.is_durable(status, reason) if found else False,
    }


def all_labels(runtime: Runtime, addresses: Sequence[int]) -> Sequence[object] | None:
    """Return the labels at each of these addresses (g.labels), read together; None without any."""
    if not any(addresses):
        return None
    runtime.labels.read(addresses)
    return [labels(runtime.labels.get(address)) for address in addresses]


def labels(found: LabelSet | None) -> dict[str, str] | str | None:
    """Return a goroutine's labels by key, or why they cannot be read; None if it has no set."""
    if found is None or found.unreadable:
        return found and found.unreadable
    return {valid_text(key): valid_text(value) for key, value in found.pairs}


def valid_text(text: str) -> str:
    """Return a text with U+FFFD for bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
