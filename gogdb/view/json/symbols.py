"""`go-symbols --json`."""

from __future__ import annotations

from gogdb.view.symbols import Symbols

__all__ = ["symbols_json"]


def symbols_json(symbols: Symbols) -> dict[str, object]:
    """Return what has become of GDB's symbols."""
    return {
        "state": symbols.state,
        "path": symbols.path,
        "functions": symbols.functions,
        "variables": symbols.variables,
        "lines": symbols.lines,
        "breakpoints": list(symbols.breakpoints),
        "pending": list(symbols.pending),
    }
