"""Values as JSON has them."""

from __future__ import annotations

from gogdb.runtime.model import M, P

__all__ = ["as_hex", "compared_value", "id_of"]

LARGEST_NUMBER = 0xFFFF  # of a compared value; larger ones are addresses


def as_hex(value: int | None) -> str | None:
    """Return an address as a hex string, None for one that could not be read."""
    return None if value is None else f"{value:#x}"


def id_of(thing: M | P | None, address: int) -> int | str | None:
    """Return the id of the M or P at an address, or the address when none can be read there."""
    if thing and not thing.unreadable:
        return thing.id
    return as_hex(address) if address else None


def compared_value(value: object) -> object:
    """Return one side of a change: a large integer as a hex string, other values as they are."""
    if isinstance(value, int) and not isinstance(value, bool) and value > LARGEST_NUMBER:
        return f"{value:#x}"
    return value
