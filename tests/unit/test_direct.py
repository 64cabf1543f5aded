"""Many places of a process at once; the process is the tests' own."""

from __future__ import annotations

import ctypes
import os
import random

from gogdb.host.direct import gather

DATA = random.Random(1).randbytes(1 << 20)
ROOM = ctypes.create_string_buffer(DATA, len(DATA))
START = ctypes.addressof(ROOM)


def test_in_any_order() -> None:
    lows = [random.Random(n).randrange(len(DATA) - 5000) for n in range(3000)]  # several lists
    highs = [low + 1 + n % 5000 for n, low in enumerate(lows)]
    got = gather(os.getpid(), [START + low for low in lows], [START + high for high in highs])
    assert got == b"".join(DATA[low:high] for low, high in zip(lows, highs, strict=True))


def test_nothing() -> None:
    assert gather(os.getpid(), [], []) == b""


def test_all_or_nothing() -> None:
    """An unreadable place, wherever it stands, and a process that is not there."""
    good, bad = (START, START + 8), (16, 24)
    for places in ([bad], [good, bad], [bad, good], [good] * 1500 + [bad]):
        assert gather(os.getpid(), [p[0] for p in places], [p[1] for p in places]) is None
    assert gather(2**22 + 1, [START], [START + 8]) is None  # beyond what pid_max can be
