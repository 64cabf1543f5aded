"""Recorded programs with other bytes in their memory."""

from __future__ import annotations

from tests.support.replay import Replay
from tests.support.walks import load

__all__ = ["Changed", "recorded"]


class Changed(Replay):
    """A recorded program at its last stop, with `data` at `place`.

    `reads` counts how often its memory was read.
    """

    reads = 0
    place = 0
    data = b""

    def read(self, address: int, size: int) -> bytes:
        self.reads += 1
        read = super().read(address, size)
        low, high = max(address, self.place), min(address + size, self.place + len(self.data))
        if low >= high:
            return read
        changed = self.data[low - self.place : high - self.place]
        return read[: low - address] + changed + read[high - address :]


def recorded(version: str, place: int = 0, data: bytes = b"") -> Changed:
    replay = load(version).copy()
    replay.__class__ = Changed
    assert isinstance(replay, Changed)
    replay.go_to(-1)
    replay.place, replay.data = place, data
    return replay
