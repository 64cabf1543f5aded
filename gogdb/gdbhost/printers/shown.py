"""What GDB takes for a pretty printer: a text, or a text with children."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import gdb

from gogdb.errors import ShownError
from gogdb.gdbhost.printers import nesting
from gogdb.gdbhost.printers.memory import limit

__all__ = ["Container", "Text", "bounded", "displayable"]

Child = tuple[str, gdb.Value | str]


class Text:
    """A value that is shown as `text`; `type` stands before it where it is not known."""

    def __init__(self, text: str, type: str = "") -> None:
        self.text = text
        self.type = type

    def to_string(self) -> str:
        return displayable(self.text)


class Container:
    """A value with children. `hint` is "array", "map", or None for a struct.

    GDB takes one without the method `children` for a leaf, so `Text` has none.
    """

    def __init__(
        self,
        type: str,
        text: str,
        children: Callable[[], Iterable[Child]],
        hint: str | None = None,
    ) -> None:
        self.type = type
        self.text = text
        self.hint = hint
        self._children = children

    def to_string(self) -> str:
        return displayable(f"{self.type} {self.text}".strip())

    def display_hint(self) -> str | None:
        return self.hint

    def children(self) -> Iterator[Child]:
        around = nesting.levels()
        try:
            yield from self._children()
        except (gdb.error, ShownError) as error:  # GDB would show a traceback
            yield "...", f"<{error}>"
        finally:
            nesting.restore(around)


def bounded(children: Iterable[Child], length: int, hint: str = "array") -> Iterator[Child]:
    """Yield at most as many elements as GDB may show, then one child that says that there are more.

    GDB's command line writes "..." in its place.
    """
    most = limit()
    for number, child in enumerate(children):
        if number == most:
            left = f"<{length - most} more>" if length > most else "<more>"
            yield "...", left
            if hint == "map":
                yield "...", left
            return
        yield child


def displayable(text: str) -> str:
    """Return a text in which characters that GDB could not encode are escaped."""
    charset = gdb.target_charset() if hasattr(gdb, "target_charset") else "ascii"
    try:
        text.encode(charset)
    except (UnicodeEncodeError, LookupError):
        return text.encode("ascii", "backslashreplace").decode("ascii")
    return text
