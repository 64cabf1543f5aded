"""A client of GDB's Debug Adapter Protocol, with GDB on pipes.

https://microsoft.github.io/debug-adapter-protocol/: each message is a header with its length, and
JSON. A client sends requests; GDB sends a response to each, and events.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from select import select
from typing import Any

from tests.support import gdb_log
from tests.support.process import TIMEOUT, end

__all__ = ["Client", "RequestError", "debugging"]

_HEADER = re.compile(rb"Content-Length: (\d+)\r\n\r\n")


class RequestError(Exception):
    """A request that GDB has refused, with its message."""


class Client:
    """The client's side of a session."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._numbers = count(1)
        self._received = b""
        self._events: list[dict[str, Any]] = []
        self._responses: dict[int, dict[str, Any]] = {}
        self._log = gdb_log.new()

    def send(self, command: str, arguments: Mapping[str, Any] | None = None) -> int:
        """Send a request and return its number."""
        number = next(self._numbers)
        message = {"seq": number, "type": "request", "command": command}
        if arguments is not None:
            message["arguments"] = arguments
        content = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self._process.stdin.flush()
        return number

    def response(self, number: int) -> Any:
        """Return the body of the response to a request. Raises `RequestError`."""
        while number not in self._responses:
            self._receive()
        response = self._responses.pop(number)
        if not response["success"]:
            raise RequestError(response["message"])
        return response.get("body", {})

    def request(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Send a request and return the body of its response. Raises `RequestError`."""
        return self.response(self.send(command, arguments))

    def event(self, name: str) -> Any:
        """Return the body of the next event with this name; those before it are dropped."""
        while True:
            while self._events:
                event = self._events.pop(0)
                if event["event"] == name:
                    return event.get("body", {})
            self._receive()

    def attach(self, arguments: Mapping[str, Any]) -> None:
        """Attach to a process or a core, as an editor does. Raises `RequestError`."""
        self.request("initialize", {"adapterID": "gdb"})
        self.event("initialized")
        attached = self.send("attach", arguments)  # GDB does it after configurationDone
        self.request("configurationDone")
        self.response(attached)

    def _receive(self) -> None:
        """Read one message."""
        while not (header := _HEADER.match(self._received)):
            self._read()
        start, end = header.end(), header.end() + int(header[1])
        while len(self._received) < end:
            self._read()
        message = json.loads(self._received[start:end])
        self._received = self._received[end:]
        self._log.write(json.dumps(message) + "\n")
        if message["type"] == "response":
            self._responses[message["request_seq"]] = message
        else:
            self._events.append(message)

    def _read(self) -> None:
        """Read what GDB has written. Raises `AssertionError` if it has ended or does not answer."""
        assert self._process.stdout is not None
        stdout = self._process.stdout.fileno()
        ready = select([stdout], [], [], TIMEOUT)[0]
        read = os.read(stdout, 1 << 16) if ready else b""
        assert read, f"GDB {'has ended' if ready else 'does not answer'}\n{self._log.getvalue()}"
        self._received += read


@contextmanager
def debugging(gdb: Path, home: Path, options: Sequence[str] = ()) -> Iterator[Client]:
    """Start a GDB with the init file of a home directory, which ends with the block."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        [gdb, "-i", "dap", *options],
        cwd=home,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )
    with process:
        try:
            yield Client(process)
        finally:
            end(process)
