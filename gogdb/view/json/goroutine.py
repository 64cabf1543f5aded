"""`go-goroutine --json`."""

from __future__ import annotations

from gogdb.view.goroutine import Where
from gogdb.view.json.values import as_hex

__all__ = ["goroutine_json"]


def goroutine_json(where: Where) -> dict[str, object]:
    """Return which goroutine is selected, and which of its frames."""
    g, frame = where.g, where.frame
    return {
        "goid": g.goid,
        "name": g.label,
        "address": as_hex(g.address),
        "status": g.status,
        "waitreason": g.waitreason if g.is_waiting else None,
        "thread": where.thread,
        "selected": where.is_selected,
        "frame": frame
        and {
            "level": frame.level,
            "pc": as_hex(frame.pc),
            "function": frame.function,
            "file": frame.file,
            "line": frame.line,
        },
        "ended": where.ended,
    }
