"""What a stage of the boot is."""

from __future__ import annotations

from dataclasses import dataclass, field

from gogdb.boot.anchors import Anchor

__all__ = ["Stage", "Stops"]

Stops = tuple[tuple[str, Anchor], ...]
"""The places where a stage stops, in their order, each with its label."""


@dataclass(frozen=True)
class Stage:
    """One stage: `stops` in their order by label; the registers shown are those at `main`."""

    id: str
    stops: Stops
    main: str = "at"
    registers: tuple[str, ...] = ()  # beside rip, rsp, rbp, r14 and the TLS slot
    show: tuple[str, ...] = ()  # the pictures and tables that the stage is about
    goroutine: bool = False  # the stop counts only on the main goroutine
    absent: str = ""  # when the build has no such stage: "cgo" or "no-add"
    number: int = field(default=0, compare=False)
