"""`go-boot share`: let browsers follow the walk, or print the link again, or end it."""

from __future__ import annotations

import errno
import os
import socket
from argparse import Namespace
from typing import TYPE_CHECKING

from gogdb.commands import live
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.dependencies import require
from gogdb.errors import GogdbError
from gogdb.gdbhost import parameters
from gogdb.i18n import tr
from gogdb.view.doc.document import Doc, Note

if TYPE_CHECKING:
    from gogdb.commands.sharing import Sharing

__all__ = ["run"]

_LOOPBACK = "127.0.0.1"
_HINTS = {
    errno.EADDRINUSE: "name another port, or none",
    errno.EACCES: "name a port above 1023, or none",
    errno.EADDRNOTAVAIL: "`shell ip address` lists the addresses of this machine",
}


def run(session: Session, options: Namespace) -> None:
    """`go-boot share [off]`. Raises `GogdbError`."""
    if options.off not in (None, "off"):
        raise GogdbError(f"go-boot: no argument {options.off!r}", "`go-boot share off` ends it")
    if options.off:
        _end(options)
        return
    sharing = live.current()
    if sharing is None:
        if session.walk is None:
            session.check_can_walk()
        sharing = _begin(session, options)
    elif _differs(sharing, options):
        raise GogdbError(
            f"the walk is shared already, at {sharing.url}", "`go-boot share off` first"
        )
    with Output.open(options.out) as output:
        _tell(sharing, options, output)


def _begin(session: Session, options: Namespace) -> Sharing:
    require("jinja2", "markupsafe")
    from gogdb.commands.share_page import SharedPage
    from gogdb.commands.sharing import Sharing

    host, port = _address(options.host), options.port or 0
    page = SharedPage(parameters.language())
    try:
        sharing = Sharing(session, host, port, options.env, page)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        hint = _HINTS.get(error.errno or 0, "`go-boot share` alone takes a free port")
        raise GogdbError(f"cannot listen at {host}, port {port}: {why}", hint) from None
    live.begin(sharing)
    return sharing


def _address(text: str | None) -> str:
    """Return a numeric address in its usual form. Raises `GogdbError`."""
    if text in (None, "localhost"):
        return _LOOPBACK
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        host = socket.inet_ntop(family, socket.inet_pton(family, text))
    except (OSError, ValueError):
        raise GogdbError(f"{text} is not a numeric address", _HINTS[errno.EADDRNOTAVAIL]) from None
    if host in ("0.0.0.0", "::"):
        raise GogdbError(f"{text} is no address for a link", _HINTS[errno.EADDRNOTAVAIL])
    return host


def _differs(sharing: Sharing, options: Namespace) -> bool:
    """Report whether the options ask for something else than what is shared."""
    return (
        (options.host is not None and _address(options.host) != sharing.host)
        or (options.port or sharing.port) != sharing.port
        or (options.env and not sharing.env)
    )


def _end(options: Namespace) -> None:
    sharing = live.current()
    if sharing is None:
        raise GogdbError("nothing is shared", "`go-boot share` begins it")
    sharing.end()
    with Output.open(options.out) as output:
        if options.json:
            output.json({"sharing": False})
        else:
            output.line(tr("The walk is no longer shared; its port is closed."))


def _tell(sharing: Sharing, options: Namespace, output: Output) -> None:
    on_network = not (sharing.host.startswith("127.") or sharing.host == "::1")
    count = sharing.followers
    if options.json:
        answer = {"sharing": True, "url": sharing.url, "network": on_network, "followers": count}
        output.json(answer)
        return
    output.line(sharing.url)  # whole, however narrow the terminal: it is copied
    if on_network:
        text = tr(
            "HTTP is not encrypted: whoever can read this network's traffic can read the link."
        )
        notes = [Note(text, "warn")]
    else:
        notes = [Note(tr("Browsers on this machine can open it; others need --host ADDRESS."))]
    follow = tr(
        "{count} {count:browser follows|browsers follow}. `go-boot share off` ends it; so do "
        "`go-boot stop` and the end of the program.",
        count=count,
    )
    notes.append(Note(follow))
    if sharing.failure:
        notes.append(Note(tr("A part of the page was not made: {why}", why=sharing.failure), "bad"))
    output.doc(Doc(notes))
