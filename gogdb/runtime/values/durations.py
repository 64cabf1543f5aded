"""time.Duration as its String prints it (time/time.go)."""

from __future__ import annotations

__all__ = ["duration_text"]

_SECOND = 1_000_000_000  # ns
_UNITS = ((1_000_000, "ms"), (1_000, "µs"))  # ns


def duration_text(ns: int) -> str:
    """Return a duration in ns as Go prints it: "1h30m1.5s", "1.5µs", "0s"."""
    sign, size = "-" if ns < 0 else "", abs(ns)
    if size < _SECOND:
        if size == 0:
            return "0s"
        unit, name = next((u for u in _UNITS if size >= u[0]), (1, "ns"))
        return f"{sign}{_decimal(size, unit)}{name}"
    minutes, rest = divmod(size, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, _SECOND)}s"
    if hours:
        text = f"{hours}h{minutes}m{text}"
    elif minutes:
        text = f"{minutes}m{text}"
    return sign + text


def _decimal(number: int, unit: int) -> str:
    """Return number / unit without trailing zeros."""
    whole, rest = divmod(number, unit)
    if not rest:
        return str(whole)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}}".rstrip("0")
