"""The packets that GDB sends to a gdbserver."""

from __future__ import annotations

import re

from tests.support.proxy import Proxy
from tests.support.session import Session

__all__ = ["is_read", "sent_by"]

_PACKET = re.compile(r"\$([^#]*)#[0-9a-f]{2}")
# of GDB's manual, "Packets" to "File-I/O": all that neither write, nor set, nor let anything run
_READ = re.compile(
    r"[mxp][0-9a-f]|g$|H[gc]|T[p0-9a-f]|\?$"
    r"|q(?!Xfer:|Rcmd,)|qXfer:[\w-]+:read:"
    r"|vFile:(?:setfs|pread|fstat|stat|close|readlink):|vFile:open:[0-9a-f]+,0,"
)


def is_read(packet: str) -> bool:
    """Report whether a packet only reads: memory, registers, files, or what the server knows."""
    return _READ.match(packet) is not None


def sent_by(session: Session, command: str, proxy: Proxy) -> tuple[str, list[str]]:
    """Run a command; return what it prints, and the packets that it sends."""
    before = len(proxy.requests)
    output = session.run(command)
    return output, _PACKET.findall(proxy.requests[before:].decode("latin-1"))
