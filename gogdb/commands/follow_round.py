"""A goroutine's round that is followed a step at a time, in one process."""

from __future__ import annotations

import gdb

from gogdb.follow.follower import Follower
from gogdb.gdbhost.image import Image

__all__ = ["Round"]


class Round:
    """A round; `names` are the goroutine and the way off the CPU as they were typed."""

    def __init__(self, follower: Follower, names: tuple[str | None, str | None]) -> None:
        self.follower = follower
        self.names = names
        self._pid = gdb.selected_inferior().pid
        self._image = Image()

    @property
    def is_here(self) -> bool:
        """Whether the process still exists and runs the same program."""
        return gdb.selected_inferior().pid == self._pid != 0 and not self._image.is_replaced

    def goes_on(self, g: str | None, exit_reason: str | None) -> bool:
        """Report whether `go-boot follow` with these arguments goes on with this round."""
        is_meant = g is None or (g, exit_reason) == self.names
        return is_meant and self.is_here and not self.follower.is_over
