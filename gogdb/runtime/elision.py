"""Which frames a traceback leaves out: wrappers that the compiler has made."""

from __future__ import annotations

__all__ = ["is_elided"]

# A wrapper that panics instead of calling what it wraps stays (elideWrapperCalling in traceback.go)
_PANICS = frozenset({"runtime.gopanic", "runtime.sigpanic", "runtime.panicwrap"})


def is_elided(wrapper: bool, callee: str) -> bool:
    """Report whether a traceback omits a frame, given what it called.

    With GOTRACEBACK=system or more it omits none.
    """
    return wrapper and callee not in _PANICS
