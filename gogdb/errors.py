"""The errors that gogdb shows to users."""

from __future__ import annotations

__all__ = ["GogdbError", "Unreadable"]


class GogdbError(Exception):
    """A failure that the user can understand and act on.

    `message` says what failed and `hint` what to do next. They are shown in one line.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class Unreadable(GogdbError):  # noqa: N818, it is also used as a value
    """`size` bytes of memory at `address` cannot be read."""

    def __init__(self, address: int, size: int) -> None:
        super().__init__(f"cannot read {size} bytes at {address:#x}")
        self.address = address
        self.size = size
