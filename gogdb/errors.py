"""The one kind of error that gogdb shows to people."""

from __future__ import annotations

__all__ = ["GogdbError", "Unreadable"]


class GogdbError(Exception):
    """A failure that the user can understand and act on.

    `message` says what failed, `hint` what to do next; both are one line.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class Unreadable(GogdbError):  # noqa: N818, it is a value as much as an error
    """Memory that the target cannot give: `size` bytes at `address`."""

    def __init__(self, address: int, size: int) -> None:
        super().__init__(f"cannot read {size} bytes at {address:#x}")
        self.address = address
        self.size = size
