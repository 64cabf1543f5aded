"""What the header line of a traceback says of a goroutine (goroutineheader in traceback.go)."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.i18n import tr
from gogdb.runtime.clock import Clock
from gogdb.runtime.model import G
from gogdb.runtime.scheduler import Runtime
from gogdb.view.format import duration

__all__ = ["bubble", "header", "labels", "pairs_text", "status", "wait_reason", "waited"]

_MINUTE = 60_000_000_000  # ns

_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}
_UNQUOTED = frozenset("./_")


def header(runtime: Runtime, g: G, clock: Clock | None = None) -> str:
    """Return the status of a goroutine and what a traceback says beside it, without its labels.

    How long it has waited is said, as there, from a minute on, and only with a `clock`.
    """
    if g.unreadable:
        return g.status
    locked = runtime.name(g.lockedm)
    parts = (
        status(runtime, g),
        waited(clock, g.atomicstatus, g.waitsince) if clock else "",
        tr("locked to {m}", m=locked) if locked else "",
        f"synctest {group}" if (group := bubble(runtime, g)) else "",
    )
    return ", ".join(filter(None, parts))


def waited(clock: Clock, atomicstatus: int, waitsince: int) -> str:
    """Return for how long a g has waited, "" if that is less than a minute or not recorded."""
    time = clock.waited_ns(atomicstatus, waitsince) or 0
    return tr("for about {time}", time=duration(time)) if time >= _MINUTE else ""


def status(runtime: Runtime, g: G) -> str:
    """Return a goroutine's status and why it waits, if it does.

    "" for a system stack, whose status the runtime never sets.
    """
    if g.system_name and not g.unreadable:
        return ""
    return ", ".join(filter(None, (g.status, wait_reason(runtime, g))))


def wait_reason(runtime: Runtime, g: G) -> str:
    """Return why a goroutine waits, "" if it does not.

    Like a traceback, mark a durable wait whose name does not say so itself.
    """
    if not g.is_waiting:
        return ""
    group = runtime.bubbles.get(g.bubble) if g.bubble else None
    durable = group is not None and group.is_durable(g.atomicstatus, g.waitreason_code)
    marked = g.waitreason.endswith((" (durable)", " (synctest)"))  # the latter in go1.24
    return f"{g.waitreason} (durable)" if durable and not marked else g.waitreason


def bubble(runtime: Runtime, g: G) -> str:
    """Return which bubble of testing/synctest a goroutine is in: "bubble 3"; "" for none."""
    group = runtime.bubbles.get(g.bubble) if g.bubble else None
    if group is None:
        return ""
    return f"{group.kind} {tr('unreadable') if group.unreadable else group.id}"


def labels(runtime: Runtime, g: G) -> str:
    """Return a goroutine's labels as tracebacks print them since go1.27, "" if it has none."""
    found = runtime.labels.get(g.labels) if g.labels else None
    if found is None:
        return ""
    return found.unreadable or (pairs_text(found.pairs) if found.pairs else "")


def pairs_text(pairs: Sequence[tuple[str, str]]) -> str:
    """Return labels as tracebacks print them: "{route: /a, user: 42}"."""
    return f"{{{', '.join(f'{_quoted(key)}: {_quoted(value)}' for key, value in pairs)}}}"


def _quoted(text: str) -> str:
    """Return a text in quotes if it needs some (tracebackStringNeedsQuoting, printquoted)."""
    if all((char.isascii() and char.isalnum()) or char in _UNQUOTED for char in text):
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    if " " <= char <= "~":
        return char
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code & 0xFF:02x}"
    if code < 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x1_0000 else f"\\U{code:08x}"
