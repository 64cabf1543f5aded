"""Clients of a walk that is shared: raw sockets, and the events that they read."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from gogdb.commands.share_page import SharedPage, Status
from gogdb.share.feed import Snapshot
from gogdb.share.limits import Limits
from gogdb.share.server import Server
from tests.support.reports import records

__all__ = ["Classroom", "Event", "Follower", "ask", "connect", "head", "response"]

TIMEOUT = 60  # s; an answer takes milliseconds


@dataclass(frozen=True)
class Event:
    """A server-sent event; `data` is its JSON."""

    kind: str
    id: str
    data: Any


def connect(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a connection on which reading fails after a minute."""
    return socket.create_connection((host, port), timeout=TIMEOUT)


def head(path: str, *fields: str, host: str = "127.0.0.1", method: str = "GET") -> bytes:
    """Return a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode()


def response(connection: socket.socket) -> bytes:
    """Return all that the server sends until it ends the connection."""
    received = b""
    while data := connection.recv(1 << 16):
        received += data
    return received


def ask(port: int, request: bytes) -> tuple[int, dict[str, str], str]:
    """Send a request; return the status, the header fields by lower-case name, and the body."""
    with connect(port) as connection:
        connection.sendall(request)
        top, _, body = response(connection).partition(b"\r\n\r\n")
    status, *lines = top.decode().split("\r\n")
    fields = (line.partition(": ") for line in lines)
    return int(status.split()[1]), {name.lower(): value for name, _, value in fields}, body.decode()


class Follower:
    """A browser that follows the walk at a link."""

    def __init__(self, link: str, after: str = "") -> None:
        at = urlsplit(link)
        assert at.hostname is not None
        assert at.port is not None
        self.socket = connect(at.port, at.hostname)
        path = f"/events?{at.query}" + (f"&after={after}" if after else "")
        self.socket.sendall(head(path, host=at.netloc))
        self._lines = self.socket.makefile("r", encoding="utf-8", newline="\n")
        self.status = int(next(self._lines).split()[1])
        for line in self._lines:
            if line == "\r\n":
                break

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._lines.close()
        self.socket.close()

    def events(self) -> Iterator[Event]:
        """Yield the events as they arrive, until the server ends the connection."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line == "\n":
                data = json.loads(fields["data"]) if fields["data"] else None
                yield Event(fields["event"], fields.get("id", ""), data)
                fields = {}
            else:
                name, _, value = line.rstrip("\n").partition(":")
                fields[name] = value.removeprefix(" ")

    def until_state(self) -> tuple[list[Any], Any]:
        """Return the data of the stages up to the next state, and that of the state."""
        stages: list[Any] = []
        for event in self.events():
            if event.kind == "state":
                return stages, event.data
            if event.kind == "stage":
                stages.append(event.data)
        raise AssertionError("the server has ended the connection")


_made: dict[str, dict[int, str]] = {}  # the stages of the recorded walk, by language


class Classroom:
    """The walk recorded with Go 1.27.3, shared as a teacher steps."""

    def __init__(self, language: str = "en") -> None:
        self._records = records("1.27.3")
        self._page = SharedPage(language)
        self._made: dict[int, str] = _made.setdefault(language, {})
        self._walk = 1
        self._shell = self._page.shell("go1.27.3", "/home/you/boot")
        self.server = Server("127.0.0.1", 0, "a-token", Limits(rest=0))
        self.server.start(self._snapshot(0))

    @property
    def link(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/?token=a-token"

    def show(self, count: int, status: Status = "walking", *, asks: bool = False) -> None:
        """Show the first `count` stages, and ask the question about the next."""
        self.server.publish(self._snapshot(count, status, asks=asks))

    def begin_anew(self) -> None:
        """Begin another walk."""
        self._walk += 1
        self.show(0)

    def end(self, count: int) -> None:
        """End the class after `count` stages."""
        self.server.stop(self._snapshot(count, "ended"))
        self.server.join()

    def _stage(self, index: int) -> str:
        if index not in self._made:
            self._made[index] = self._page.stage(self._records[: index + 1])
        return self._made[index]

    def _snapshot(self, count: int, status: Status = "walking", *, asks: bool = False) -> Snapshot:
        seen = self._records[:count]
        question = self._records[count].question if asks else None
        stages = [partial(self._stage, n) for n in range(count)]
        state = partial(self._page.state, status, seen, question)
        return Snapshot(self._walk, self._shell, stages, state)
