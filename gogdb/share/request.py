"""What a client may ask for: the head of an HTTP request is checked, and all else is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest

__all__ = ["Guard", "Refusal", "Request", "is_complete"]

PATHS = ("/", "/events")

_METHOD = re.compile(rb"[A-Z]{1,16}(?: |\Z)")
_REQUEST_LINE = re.compile(r"([A-Z]+) (/[!-~]*) HTTP/1\.[01]")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~]*)")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::[0-9]+)?")


class Refusal(Exception):  # noqa: N818, it is an answer
    """An answer other than 200: its status, and a line that says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


@dataclass(frozen=True)
class Request:
    """A request that is granted; `after` is the event that an earlier stream ended with."""

    path: str
    after: str


def is_complete(head: bytes) -> bool:
    """Report whether `head` is a whole head. Raises `Refusal` if it cannot become a good one."""
    if not _METHOD.match(head[:17]):
        raise Refusal(400, "this is not HTTP")
    line, end, _ = head.partition(b"\r\n")
    if end:
        _request_line(line)
    return b"\r\n\r\n" in head


@dataclass(frozen=True)
class Guard:
    """Who may read: clients that address one of `hosts` and have the token."""

    hosts: frozenset[str]
    token: str
    cookie: str  # its name

    def check(self, head: bytes) -> Request:
        """Return what a whole head asks for. Raises `Refusal`."""
        line, *lines = head[: head.index(b"\r\n\r\n")].split(b"\r\n")
        target = _request_line(line)
        fields = _fields(lines)
        if "transfer-encoding" in fields or fields.get("content-length", "0") != "0":
            raise Refusal(400, "a request has no body here")
        # A page of another site could have its own name lead here (DNS rebinding). The port is
        # not compared, since an SSH tunnel may begin at another one.
        host = _HOST.fullmatch(fields.get("host", ""))
        if host is None or host[1].lower() not in self.hosts:
            raise Refusal(421, "this host is not the one in the link")
        path, _, query = target.partition("?")
        if path not in PATHS:
            raise Refusal(404, "there is nothing here")
        values = _pairs(query, "&")
        cookies = _pairs(fields.get("cookie", ""), ";")
        # A reload has only the cookie: the page removes the token from its address.
        given = values.get("token") or cookies.get(self.cookie, "")
        if not compare_digest(given.encode(), self.token.encode()):
            raise Refusal(403, "the token is missing or wrong: open the whole link")
        return Request(path, values.get("after", ""))


def _request_line(line: bytes) -> str:
    """Return the target of a request line. Raises `Refusal`."""
    match = _REQUEST_LINE.fullmatch(line.decode("latin-1"))
    if match is None:
        raise Refusal(400, "this is not a request of HTTP/1.1")
    if match[1] != "GET":
        raise Refusal(405, "the page can only be read")
    return match[2]


def _fields(lines: list[bytes]) -> Mapping[str, str]:
    """Return the header fields by their lower-case names. Raises `Refusal`."""
    fields: dict[str, str] = {}
    for line in lines:
        match = _FIELD.fullmatch(line.decode("latin-1"))
        if match is None:
            raise Refusal(400, "a header field is malformed")
        name = match[1].lower()
        if name == "host" and name in fields:
            raise Refusal(400, "there are two Host fields")
        fields[name] = match[2].rstrip(" \t")
    return fields


def _pairs(text: str, separator: str) -> Mapping[str, str]:
    """Return the values of NAME=VALUE pairs by their names."""
    pairs = (pair.partition("=") for pair in text.split(separator))
    return {name.strip(): value.strip() for name, _, value in pairs}
