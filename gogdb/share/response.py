"""HTTP responses as bytes; each ends its connection, except the stream of events."""

from __future__ import annotations

from http import HTTPStatus

from gogdb.share.feed import Page
from gogdb.share.request import Refusal

__all__ = ["BEAT", "STREAM", "event", "page", "refusal"]

_COMMON = (
    "Cache-Control: no-store",
    "Cross-Origin-Resource-Policy: same-origin",
    "Referrer-Policy: no-referrer",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
)
_NOTHING = "Content-Security-Policy: default-src 'none'"


def _head(status: int, *fields: str) -> bytes:
    first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
    return "\r\n".join([first, *_COMMON, *fields, "", ""]).encode()


def page(page: Page, cookie: str, token: str) -> bytes:
    """Return the page, with the token as a cookie, which a reload needs."""
    body = page.html.encode()
    # Lax and not Strict: somebody may open the link in a chat, which is another site.
    return (
        _head(
            200,
            "Content-Type: text/html; charset=utf-8",
            f"Content-Length: {len(body)}",
            f"Content-Security-Policy: {page.policy}",
            f"Set-Cookie: {cookie}={token}; Path=/; HttpOnly; SameSite=Lax",
        )
        + body
    )


def refusal(refused: Refusal) -> bytes:
    """Return the answer to a request that is refused."""
    body = f"{refused.status}: {refused.why}\n".encode()
    more = ["Allow: GET"] if refused.status == 405 else []
    fields = ("Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(body)}", _NOTHING)
    return _head(refused.status, *fields, *more) + body


STREAM = _head(200, "Content-Type: text/event-stream; charset=utf-8", _NOTHING)
"""What a stream of server-sent events begins with."""

BEAT = b"event: beat\ndata:\n\n"
"""An event that only tells the page that the connection lives."""


def event(kind: str, id: str, data: str) -> bytes:
    """Return an event; `data` is one line."""
    return f"event: {kind}\nid: {id}\ndata: {data}\n\n".encode()
