"""Where a command writes: to GDB's own stream or to a file; documents, JSON or lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedWriter, FileIO, StringIO, TextIOWrapper
from itertools import islice
from typing import TYPE_CHECKING

import gdb

from gogdb.errors import GogdbError, ShownError
from gogdb.gdbhost import parameters, tui
from gogdb.gdbhost.gdb_text import execute, set_height, set_width, show
from gogdb.i18n import language

if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Literal

    from gogdb.commands.declaration import Command
    from gogdb.view.doc.document import Doc  # JSON does not need it

__all__ = ["Layout", "Output", "show_help"]

_LEAST_LINES = 22  # that a card gets, however low the terminal
_PROMPT_LINES = 2  # taken by the command that was typed and by the next prompt

Layout = Callable[..., Iterator[str]]


class Output:
    """A destination: GDB's own stream (pager, pipe, logging), or a file.

    `raw` is the unbuffered file, if it is not a pipe or a device.
    """

    def __init__(
        self, write: Callable[[str], object], to_file: bool, raw: FileIO | None = None
    ) -> None:
        self._write = write
        self._to_file = to_file
        self._raw = raw
        self._last: Literal["nothing", "a page", "a part of one", "JSON"] = "nothing"  # written

    @classmethod
    @contextmanager
    def open(cls, path: str | StringIO | None) -> Iterator[Output]:
        """Open the file of --out, or GDB's stream for None. Raises `GogdbError`.

        A `StringIO` gets the text itself.

        If an error ends the `with`, the file gets the whole pages that were written until then. It
        stays as it was without any, after Ctrl-C, and if it cannot be written.
        """
        if path is None:
            yield cls(gdb.write, False)
            return
        if isinstance(path, StringIO):
            yield cls(path.write, True)
            return
        from gogdb.files.output import open_output
        from gogdb.gdbhost.open_files import files_in_use

        raised: BaseException | None = None
        with open_output(path, files_in_use) as file:
            text = TextIOWrapper(BufferedWriter(file), encoding="utf-8")
            # An interrupted write of a buffered file can write the same bytes twice.
            output = cls(text.write, True, file if isinstance(file, FileIO) else None)
            try:
                yield output
            except (ShownError, KeyboardInterrupt) as error:
                if not output._keeps_after(error):
                    raise
                raised = error
            text.flush()
        if raised:
            raise raised

    def _keeps_after(self, error: BaseException) -> bool:
        """Report whether what was written is worth keeping."""
        return self._last == "JSON" or (self._last == "a page" and isinstance(error, ShownError))

    @contextmanager
    def _writing(self, what: Literal["a page", "JSON"]) -> Iterator[None]:
        self._last = "a part of one"
        yield
        self._last = what

    def doc(self, doc: Doc) -> None:
        """Show a document in the width, colors and characters of the terminal and the settings."""
        lines = self.layout()(doc)
        with self._writing("a page"), self._pages_by_lines():
            for line in lines:
                self._write(line + "\n")

    def pages(self, texts: Iterator[str]) -> None:
        """Write pages that are laid out already, each when it is made."""
        with self._pages_by_lines():
            with self._writing("a page"):
                deque(map(self._write, islice(texts, 1)), maxlen=0)
            deque(map(self._write, texts), maxlen=0)

    def plain(self, text: str) -> None:
        """Show text that is laid out for 80 columns already; it is not cut."""
        with self._writing("a page"), self._pages_by_lines():
            for line in text.splitlines():
                self.line(line)

    def count_lines(self, doc: Doc) -> int:
        """Return how many lines a document takes in this output."""
        return sum(1 for _ in self.layout()(doc))

    def card_lines(self) -> int:
        """Return how many lines a card may have beside the command and the next prompt."""
        if self.is_below_window:  # it has few lines, and the command may scroll away
            return tui.command_lines() - 1
        return max(_LEAST_LINES, parameters.height() - _PROMPT_LINES)

    @property
    def is_below_window(self) -> bool:
        """Whether this is the TUI's command window, with gogdb's window above it."""
        return not self._to_file and tui.is_shown()

    def layout(self) -> Layout:
        """Return what lays a document out for this output: `render.ansi.render`."""
        from gogdb.dependencies import require

        require()
        from gogdb.render.ansi import render

        color = parameters.color() and not self._to_file
        ascii = parameters.ascii_only() and not self._to_file
        width = parameters.width()
        if self.is_below_window:  # where a line that fills a row is followed by an empty one
            width -= 1
        return partial(render, width=width, color=color, ascii=ascii)

    @contextmanager
    def _pages_by_lines(self) -> Iterator[None]:
        """Unset GDB's width, because its pager counts bytes and would break lines that fit."""
        width = gdb.parameter("width")
        if self._to_file or not width:
            yield
            return
        gdb.execute("set width unlimited")  # gdb.with_parameter has no effect here in GDB 13
        try:
            yield
        finally:
            set_width(int(width))

    @contextmanager
    def without_pager(self) -> Iterator[None]:
        """Unset GDB's height: lines that somebody has read and answered fill no screen."""
        height = gdb.parameter("height")
        if self._to_file or not height:
            yield
            return
        gdb.execute("set height unlimited")
        try:
            yield
        finally:
            set_height(int(height))

    def json(self, value: object) -> None:
        """Write a value as JSON."""
        from gogdb.render.json import dump

        with self._writing("JSON"):
            if self._raw:
                dump(value, self._raw.write, str.encode)
            else:
                dump(value, self._write)

    def json_object(self, entries: Iterable[tuple[str, object]]) -> None:
        """Write a JSON object; its entries are read one by one while they are written."""
        from gogdb.render.json import dump_object

        with self._writing("JSON"):
            if self._raw:
                dump_object(entries, self._raw.write, str.encode)
            else:
                dump_object(entries, self._write)

    def line(self, text: str = "") -> None:
        """Write a line of text as it is."""
        self._write(text + "\n")

    def text(self, text: str) -> None:
        """Write text as it is, lines or parts of lines."""
        self._write(text)

    def command(self, command: str) -> None:
        """Write what a command of GDB's prints. Raises `gdb.error`."""
        if self._to_file:
            self._write(execute(command))
        else:
            show(command)


def show_help(command: Command, options: Namespace) -> None:
    """Show the help of a command in the language in use; GDB's `help` is always in English."""
    from gogdb.commands.help import translated_help

    if options.json:
        raise GogdbError("the help is not available as JSON", "leave out --json")
    text = translated_help(command, language())
    with Output.open(options.out) as output:
        output.plain(text)
