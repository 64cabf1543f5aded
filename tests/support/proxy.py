"""A TCP proxy before a gdbserver: it keeps what GDB sends, and can lose the connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock, Thread

__all__ = ["Proxy", "proxy"]

_PIECE = 1 << 16  # bytes


class Proxy:
    """Passes one connection on. `port` is where it listens."""

    def __init__(self, listener: socket.socket, server: int) -> None:
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._server = server
        self._lock = Lock()
        self._ends: tuple[socket.socket, ...] = ()
        self._is_closed = False
        self._passed = 0
        self._end: int | None = None
        self._requests = bytearray()

    @property
    def requests(self) -> bytes:
        """All that GDB has sent."""
        with self._lock:
            return bytes(self._requests)

    def lose_after(self, count: int | None) -> None:
        """Close the connection after `count` more bytes of replies; None: leave it open."""
        with self._lock:
            self._passed, self._end = 0, count

    @property
    def passed(self) -> int:
        """The number of bytes of replies since `lose_after` was called."""
        with self._lock:
            return self._passed

    def serve(self) -> None:
        """Pass on what comes, until one side closes the connection."""
        with suppress(OSError), ExitStack() as opened:  # OSError: one side has closed it
            gdb = opened.enter_context(self._listener.accept()[0])
            server = opened.enter_context(socket.create_connection(("localhost", self._server)))
            self._ends = gdb, server
            if self._is_closed:
                return
            requests = Thread(target=self._pass_on, args=(gdb, server), daemon=True)
            requests.start()
            opened.callback(requests.join)
            opened.callback(_shut_down, gdb, server)
            while data := server.recv(_PIECE):
                gdb.sendall(self._allowed(data))
                if self._is_lost:
                    return

    def close(self) -> None:
        """Close the connection, or end the wait for one."""
        self._is_closed = True
        _shut_down(self._listener, *self._ends)

    def _pass_on(self, gdb: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := gdb.recv(_PIECE):
                with self._lock:
                    self._requests += data
                server.sendall(data)
        _shut_down(server)

    @property
    def _is_lost(self) -> bool:
        with self._lock:
            return self._passed == self._end

    def _allowed(self, data: bytes) -> bytes:
        """Return the bytes of a reply that may still be passed on."""
        with self._lock:
            if self._end is not None:
                data = data[: self._end - self._passed]
            self._passed += len(data)
            return data


def _shut_down(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(server: int) -> Iterator[Proxy]:
    """Run a proxy for one connection to the port `server` on this machine."""
    with socket.create_server(("localhost", 0)) as listener:
        passing = Proxy(listener, server)
        thread = Thread(target=passing.serve, daemon=True)
        thread.start()
        try:
            yield passing
        finally:
            passing.close()
            thread.join()
