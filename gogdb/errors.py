"""The errors that gogdb shows to users."""

from __future__ import annotations

__all__ = ["GogdbError", "ShownError", "TargetLostError", "Unreadable"]


class ShownError(Exception):
    """An error that is shown in one line: `message` says what failed, `hint` what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class GogdbError(ShownError):
    """A failure that the user can understand and act on, or that costs only a part of an answer."""


class TargetLostError(ShownError):
    """The process can no longer be read, so the command ends.

    It is no `GogdbError`: no part of the program may be shown as damaged or empty because of it.
    """


class Unreadable(GogdbError):  # noqa: N818, it is also used as a value
    """`size` bytes of memory at `address` cannot be read."""

    def __init__(self, address: int, size: int) -> None:
        super().__init__(f"cannot read {size} {'byte' if size == 1 else 'bytes'} at {address:#x}")
        self.address = address
        self.size = size
