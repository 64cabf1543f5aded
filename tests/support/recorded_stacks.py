"""Stacks of recorded programs, to unwind."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

from gogdb.inferior.arch.amd64 import AMD64
from gogdb.runtime.unwind import UnwindState, Unwound, unwind
from tests.support.recorded_memory import Image, recorded, symbols

__all__ = ["LIMIT", "first_slot", "program", "stack_with", "stacks", "walk"]

LIMIT = 1000


def stacks(version: str) -> dict[str, tuple[int, int, int, list[list[Any]]]]:
    """Return each goroutine's pc, sp and stack.hi, and the frames of its traceback."""
    return {
        goid: (frames[0][5], frames[0][4], frames[-1][3], frames)
        for goid, frames in recorded(version)[1]["goroutines"].items()
    }


def stack_with(version: str, function: str) -> tuple[int, int, int, list[list[Any]]]:
    """Return the first of `stacks` that has a frame of `function`."""
    return next(s for s in stacks(version).values() if function in [f[0] for f in s[3]])


def walk(
    version: str,
    pc: int,
    sp: int,
    hi: int,
    *,
    lo: int | None = None,
    image: Image | None = None,
    limit: int = LIMIT,
    exact: bool = False,
    system: bool = False,
    lr: int = 0,
) -> Unwound:
    """Unwind a recorded stack; `image` stands in for the recorded memory."""
    state = UnwindState(pc, sp, sp - 64 if lo is None else lo, hi, exact, system, lr)
    return unwind(image or recorded(version)[0], AMD64, symbols(version), state, limit)


def program(version: str, image: Image) -> Any:
    """Return a stand-in for a `Program` over recorded memory."""

    def words(address: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}Q", image.read(address, 8 * count))

    reader = SimpleNamespace(words=words)
    return SimpleNamespace(arch=AMD64, symtab=symbols(version), target=image, reader=reader)


def first_slot(unwound: Unwound) -> int:
    """Return the address that rbp holds while the innermost frame is complete."""
    return next(s for frame in unwound.frames if (s := frame.fp_slot) is not None)
