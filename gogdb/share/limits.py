"""How much the server gives to clients: how many, how long, how many bytes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LIMITS", "Limits"]


@dataclass(frozen=True)
class Limits:
    """Times are in seconds, and count from the last byte that a client took, unless said."""

    followers: int = 64
    streams: int = 8  # to one address, unless it is this machine's
    requests: int = 64  # that do not follow; when there are more, one of them is given up
    head: int = 8192  # bytes of a request
    received: int = 1 << 18  # bytes from a client before it follows; afterwards it sends nothing
    asking: float = 5.0  # from the connection to the end of the request
    sending: float = 30.0
    leaving: float = 1.0
    beat: float = 15.0  # between two signs of life
    rest: float = 0.1  # after a stage was made, so that a step meets one at most


LIMITS = Limits()
