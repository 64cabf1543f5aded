"""Values as JSON has them."""

from __future__ import annotations

__all__ = ["as_hex", "compared_value"]

LARGEST_NUMBER = 0xFFFF  # of a compared value; larger ones are addresses


def as_hex(value: int | None) -> str | None:
    """Return an address as a hex string, None for one that could not be read."""
    return None if value is None else f"{value:#x}"


def compared_value(value: object) -> object:
    """Return one side of a change: a large integer as a hex string, other values as they are."""
    if isinstance(value, int) and not isinstance(value, bool) and value > LARGEST_NUMBER:
        return f"{value:#x}"
    return value
