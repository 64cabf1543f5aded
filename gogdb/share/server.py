"""The server: one thread for all clients, so that a slow one delays nobody."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from threading import Event, Thread
from time import monotonic

from gogdb.errors import GogdbError
from gogdb.share import response
from gogdb.share.client import Client
from gogdb.share.feed import Snapshot
from gogdb.share.limits import LIMITS, Limits
from gogdb.share.request import Guard, Refusal, is_complete
from gogdb.signals import blocked

__all__ = ["Server"]

_BACKLOG = 64
_NO_DESCRIPTORS = 0.1  # s to wait when the process can open no more files


class Server:
    """Serves the latest snapshot at `host`, a numeric address, and `port`, 0 for any.

    The methods are for other threads and do not wait for a client. `port` is the one in use;
    `failure` is the last error in making what a client was to get.
    """

    def __init__(self, host: str, port: int, token: str, limits: Limits = LIMITS) -> None:
        """Listen. Raises `OSError`."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.failure: Exception | None = None
        name = f"[{host}]" if ":" in host else host
        hosts = frozenset({"127.0.0.1", "localhost", "[::1]", name.lower()})
        self._own = frozenset({"127.0.0.1", "::1", host})  # what this machine connects from
        self._token, self._cookie = token, f"gogdb-{self.port}"
        self._guard = Guard(hosts, token, self._cookie)
        self._limits = limits
        self._clients: dict[Client, None] = {}  # the oldest first
        self._events: dict[int, bytes] = {}  # of the stages that somebody has got, in one walk
        self._events_walk = 0
        self._make_at = 0.0  # when the next stage may be made
        self._is_wanted = False  # whether a client waits for it
        self._selector = DefaultSelector()
        self._waking, self._woken = socket.socketpair()
        self._ending = False
        self._end_wait = 0.0
        self._closed = Event()
        self._thread = Thread(target=self._run, name="gogdb share", daemon=True)

    def start(self, snapshot: Snapshot) -> None:
        """Serve from now on, in a thread that gets no signals: they are GDB's.

        Raises `GogdbError` if there can be no thread; nothing listens then.
        """
        self._snapshot = snapshot
        try:
            with blocked():
                self._thread.start()
        except RuntimeError as error:
            self._close()
            hint = "`shell ulimit -u` says how many processes and threads you may have"
            raise GogdbError(f"there is no thread to share the walk: {error}", hint) from None

    @property
    def followers(self) -> int:
        """How many clients follow the walk."""
        return sum(client.phase == "follows" for client in list(self._clients))

    def publish(self, snapshot: Snapshot) -> None:
        """Serve another snapshot, and bring those that follow up to it."""
        self._snapshot = snapshot
        self._wake()

    def stop(self, last: Snapshot, wait: float = 1.0) -> None:
        """Close the port, and give those that follow the last snapshot, for `wait` seconds at most.

        When this returns, nothing listens any more, unless the thread was busy for all that time.
        """
        self._snapshot = last
        self._ending = True
        self._end_wait = wait
        self._wake()
        self._closed.wait(wait)

    def join(self) -> None:
        """Wait until the thread has ended, after `stop`."""
        self._thread.join(2 * self._end_wait)

    def _wake(self) -> None:
        with suppress(OSError):  # full: it wakes up anyway; closed: it has ended
            self._waking.send(b"\0")

    # What follows runs in the server's thread.

    def _run(self) -> None:
        self._waking.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._listener, EVENT_READ, self._accept)
        self._selector.register(self._woken, EVENT_READ, self._wake_up)
        self._beat_at = monotonic() + self._limits.beat
        try:
            while not self._ending:
                self._turn()
            self._selector.unregister(self._listener)
            self._listener.close()
            self._closed.set()
            self._say_goodbye()
        finally:
            for client in list(self._clients):
                self._drop(client)
            self._close()

    def _close(self) -> None:
        for each in (self._listener, self._waking, self._woken, self._selector):
            each.close()
        self._closed.set()

    def _turn(self) -> None:
        """Wait for something to do, and do it."""
        times = [client.deadline for client in self._clients if client.deadline is not None]
        if self._is_wanted:
            times.append(self._make_at)
        wait = min([self._beat_at, *times]) - monotonic()
        for key, mask in self._selector.select(max(0.0, wait)):
            key.data(mask)
        now = monotonic()
        if self._is_wanted and self._make_at <= now:
            self._is_wanted = False
            self._catch_up()
        for client in list(self._clients):
            if client.deadline is not None and client.deadline <= now:
                self._give_up(client)
        if self._beat_at <= now:
            self._beat_at = now + self._limits.beat
            for client in list(self._clients):
                if client.phase == "follows" and not client.waits:
                    self._attempt(client, partial(client.send, response.BEAT))

    def _say_goodbye(self) -> None:
        end = monotonic() + self._end_wait
        for client in list(self._clients):
            if client.phase == "asks":
                self._drop(client)
        self._catch_up()
        while self._clients and monotonic() < end:
            self._beat_at = end
            self._turn()

    def _accept(self, mask: int) -> None:
        try:
            connection, (address, *_) = self._listener.accept()
        except BlockingIOError:
            return
        except OSError:
            time.sleep(_NO_DESCRIPTORS)
            return
        self._make_room(address)
        try:
            client = Client(connection, address, self._limits)
            self._selector.register(connection, EVENT_READ, partial(self._serve, client))
        except OSError:
            connection.close()
        else:
            self._clients[client] = None

    def _make_room(self, address: str) -> None:
        """Give up a client if too many do not follow, one from the address of the next if it can.

        It is the oldest that is not being sent the page: without the token no client gets that far.
        """
        others = [client for client in self._clients if client.phase != "follows"]
        if len(others) >= self._limits.requests:
            taken = min(others, key=lambda it: (it.phase == "is answered", it.address != address))
            self._drop(taken)

    def _wake_up(self, mask: int) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        self._catch_up()

    def _catch_up(self) -> None:
        """Send what is new to those that follow and have taken all before it."""
        for client in list(self._clients):
            if client.phase == "follows" and not client.waits:
                self._attempt(client, partial(self._feed, client))

    def _serve(self, client: Client, mask: int) -> None:
        if mask & EVENT_READ:
            self._attempt(client, partial(self._read, client))
        if mask & EVENT_WRITE and client in self._clients:
            self._attempt(client, partial(self._feed, client))

    def _attempt(self, client: Client, action: Callable[[], object]) -> None:
        """Do something for a client, which is dropped if that fails."""
        try:
            action()
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)
        except Exception as error:  # in making its page: nothing may reach GDB's terminal
            self.failure = error
            self._drop(client)
        if client in self._clients:
            events = EVENT_READ | (EVENT_WRITE if client.waits else 0)
            action_on = partial(self._serve, client)
            self._selector.modify(client.socket, events, action_on)

    def _read(self, client: Client) -> None:
        received = client.receive()
        too_much = client.phase == "follows" or client.received > self._limits.received
        if not received or too_much:
            self._drop(client)
        elif client.phase == "asks":
            client.head += received
            try:
                self._answer(client)
            except Refusal as refused:
                self._refuse(client, refused)

    def _answer(self, client: Client) -> None:
        """Answer a request that is complete. Raises `Refusal`."""
        head = bytes(client.head)
        complete = is_complete(head)
        if len(head) > self._limits.head:
            raise Refusal(431, "the request is too long")
        if not complete:
            return
        request = self._guard.check(head)
        if request.path == "/":
            client.phase = "is answered"
            answer = response.page(self._snapshot.page, self._cookie, self._token)
            self._finish(client, answer)
            return
        self._check_place(client.address)
        client.phase = "follows"
        walk, _, sent = request.after.partition(".")
        if walk == str(self._snapshot.walk) and sent.isdecimal():
            client.walk = self._snapshot.walk
            client.sent = min(int(sent[:9]), len(self._snapshot.stages))
        if client.send(response.STREAM):
            self._feed(client)

    def _check_place(self, address: str) -> None:
        """Raise `Refusal` if no client from this address may follow any more."""
        following = [each.address for each in self._clients if each.phase == "follows"]
        if len(following) >= self._limits.followers:
            raise Refusal(503, "too many browsers follow already")
        if address not in self._own and following.count(address) >= self._limits.streams:
            raise Refusal(503, "too many browsers at your address follow already")

    def _feed(self, client: Client) -> None:
        """Send what is left, and to a client that follows all that is new."""
        if client.phase != "follows":
            self._finish(client, b"")
            return
        event = b""
        while client.send(event):
            event = self._next_event(client)
            if not event:
                break
        if self._closed.is_set() and not client.waits and not self._is_wanted:
            client.leave()  # who sees the end can no longer connect

    def _next_event(self, client: Client) -> bytes:
        """Return what a client lacks next: a stage, or where the walk is.

        b"" if it lacks nothing, or a stage that is still to be made.
        """
        now = self._snapshot
        if client.walk != now.walk:
            client.walk, client.sent, client.state = now.walk, 0, None
        if client.sent < len(now.stages):
            event = self._stage_event(now, client.sent)
            client.sent += bool(event)
            return event
        if client.state is now.state:
            return b""
        client.state = now.state
        return response.event("state", f"{now.walk}.{client.sent}", now.state())

    def _stage_event(self, now: Snapshot, index: int) -> bytes:
        """Return the event of a stage, made once for all clients; b"" if it is to be made later.

        A client that comes late lacks many. To make them all at once would take the GIL from
        GDB's own thread for too long.
        """
        if self._events_walk != now.walk:
            self._events_walk, self._events = now.walk, {}
        if index not in self._events:
            if monotonic() < self._make_at and not self._ending:
                self._is_wanted = True
                return b""
            event = response.event("stage", f"{now.walk}.{index + 1}", now.stages[index]())
            self._events[index] = event
            self._make_at = monotonic() + self._limits.rest
        return self._events[index]

    def _finish(self, client: Client, data: bytes) -> None:
        if client.send(data) and client.phase == "is answered":
            client.leave()

    def _refuse(self, client: Client, refused: Refusal) -> None:
        client.phase = "is answered"
        self._finish(client, response.refusal(refused))

    def _give_up(self, client: Client) -> None:
        """End a client that takes too long; one that was asking gets a 408."""
        if client.phase == "asks" and client.head:
            late = Refusal(408, "the request has not come in time")
            self._attempt(client, partial(self._refuse, client, late))
        else:
            self._drop(client)

    def _drop(self, client: Client) -> None:
        if client in self._clients:
            del self._clients[client]
            self._selector.unregister(client.socket)
            client.close()
