"""One connection to the server: what it has sent, and what it still gets."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from time import monotonic
from typing import Literal

from gogdb.share.limits import Limits

__all__ = ["Client"]

_RECEIVE = 4096  # bytes at once
_RESET = struct.pack("ii", 1, 0)  # l_onoff, l_linger, see socket(7)


class Client:
    """A client that asks, gets an answer and is left alone, or follows the walk.

    `sent` counts the stages of the walk numbered `walk` that it has been given, and `state` is
    the last one. `deadline` is when it is given up, None for never. `received` counts the bytes
    that it has sent.
    """

    def __init__(self, connection: socket.socket, address: str, limits: Limits) -> None:
        """Take a connection from an address. Raises `OSError`."""
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A laptop whose lid was closed acknowledges nothing and ends nothing. The deadline comes
        # first, for it resets the connection, and at the end of this time the kernel does not.
        timeout = int(2 * limits.sending * 1000)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout)
        self.socket = connection
        self.address = address
        self.phase: Literal["asks", "is answered", "follows", "leaves"] = "asks"
        self.head = bytearray()
        self.received = 0
        self.deadline: float | None = monotonic() + limits.asking
        self.walk = self.sent = 0
        self.state: Callable[[], str] | None = None
        self._limits = limits
        self._unsent = memoryview(b"")

    @property
    def waits(self) -> bool:
        """Whether the kernel takes no more bytes for it at the moment."""
        return bool(self._unsent)

    def receive(self) -> bytes:
        """Return what has arrived, b"" at the end. Raises `OSError`."""
        data = self.socket.recv(_RECEIVE)
        self.received += len(data)
        return data

    def send(self, data: bytes = b"") -> bool:
        """Send what is left and then `data`, and return whether all of it is sent.

        `data` may be given only if nothing is left. Raises `OSError`.
        """
        if data:
            self._unsent = memoryview(data)
            self.deadline = monotonic() + self._limits.sending
        while self._unsent:
            try:
                count = self.socket.send(self._unsent)
            except BlockingIOError:
                return False
            self._unsent = self._unsent[count:]
            self.deadline = monotonic() + self._limits.sending
        if self.phase == "follows":
            self.deadline = None
        return True

    def close(self) -> None:
        """End the connection at once; what the kernel still has to send is discarded."""
        if self.waits:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.socket.close()

    def leave(self) -> None:
        """Send no more; the connection ends when the client has read the rest. Raises `OSError`.

        To close it at once would discard what the client has not read yet.
        """
        self.socket.shutdown(socket.SHUT_WR)
        self.phase = "leaves"
        self.deadline = monotonic() + self._limits.leaving
