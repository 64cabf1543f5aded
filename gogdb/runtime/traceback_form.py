"""What Go's own traceback shows of frames that a debugger has unwound."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.errors import GogdbError
from gogdb.runtime.elision import is_elided
from gogdb.runtime.model import G
from gogdb.runtime.symtab import SymbolTable

__all__ = ["TracebackForm", "mark"]

_RUNTIME_STACK = "runtime stack:"  # of a g0 or gsignal (dopanic_m in runtime/panic.go)


class TracebackForm:
    """Knows which frames of one program a traceback leaves out."""

    def __init__(self, symtab: SymbolTable) -> None:
        self._symtab = symtab

    def calls(self, pc: int, newer_pc: int | None) -> Sequence[tuple[str, bool]]:
        """Return the functions at a frame's pc, innermost first, and whether each is a wrapper.

        `newer_pc` is the pc in the function that the frame has called, None if it has been
        stopped at its pc. Empty outside Go's code.
        """
        function = self._symtab.function(pc)
        exact = newer_pc is None or function is None or function.entry == pc
        if not exact and newer_pc is not None:
            callee = self._symtab.function(newer_pc)
            exact = callee is not None and callee.name in self._symtab.injected
        try:
            calls = self._symtab.inline_frames(pc if exact else pc - 1)
        except GogdbError:
            return ()
        return [(call.function, call.wrapper) for call in calls]

    def is_elided(self, wrapper: bool, callee: str) -> bool:
        """Report whether a traceback omits a frame, given the function that it has called."""
        return is_elided(wrapper, callee)


def mark(goroutine: G, sp: int) -> str:
    """Return the line before the frames of a stack: of the goroutine, if `sp` is on its stack."""
    if sp not in goroutine.stack:
        return _RUNTIME_STACK
    reason = goroutine.waitreason if goroutine.is_waiting else ""
    return f"goroutine {goroutine.goid} [{reason or goroutine.status}]:"
