"""`go-break --json`."""

from __future__ import annotations

from gogdb.view.breakpoints import GoroutineBreakpoint
from gogdb.view.json.values import as_hex

__all__ = ["break_json"]


def break_json(made: GoroutineBreakpoint) -> dict[str, object]:
    """Return the breakpoint, and what is known of its goroutines."""
    breakpoint = made.breakpoint
    return {
        "number": breakpoint.number,
        "location": breakpoint.location,
        "temporary": breakpoint.temporary,
        "pending": breakpoint.pending,
        "locations": [
            {
                "address": as_hex(place.address),
                "function": place.function or None,
                "file": place.file or None,
                "line": place.line or None,
            }
            for place in breakpoint.places
        ],
        "goids": list(made.goids),
        "label": made.label or None,
        "condition": breakpoint.condition,
        "missing": list(made.missing),
        "ended": list(made.ended),
    }
