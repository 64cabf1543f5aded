"""A command's words: parsing them, and writing what it has to say."""

from __future__ import annotations

import argparse
import difflib
import os
import shlex
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import RawIOBase
from typing import TYPE_CHECKING, Any, NoReturn

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost import parameters

if TYPE_CHECKING:
    from gogdb.view.doc import Doc  # JSON has no need of it

__all__ = ["Arguments", "Output", "count", "parse"]


class Arguments(argparse.ArgumentParser):
    """argparse that raises: its own way out ends GDB 18 itself."""

    def __init__(self, name: str) -> None:
        super().__init__(prog=name, add_help=False, exit_on_error=False, allow_abbrev=False)
        self.add_argument("--json", action="store_true")
        self.add_argument("--out", metavar="FILE")

    def error(self, message: str) -> NoReturn:
        raise GogdbError(f"{self.prog}: {message}", f"`help {self.prog}` shows its usage")

    def expect(self, what: str, word: str | None, words: Sequence[str]) -> None:
        """Raise for a word that is none of `words`; argparse's `choices` name no nearest one."""
        if word is not None and word not in words:
            near = difflib.get_close_matches(word, words, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(words)}"
            raise GogdbError(f"{self.prog}: no {what} {word!r}", hint)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        self.error(message or "stopped")


def parse(parser: Arguments, words: str) -> Any:
    try:
        return parser.parse_args(shlex.split(words))
    except ValueError as error:  # an open quote
        raise GogdbError(f"{parser.prog}: {error}", "close the quotes") from None
    except argparse.ArgumentError as error:
        # argparse's own words name the argument twice
        parser.error(str(error.message if error.argument_name in (None, "verb") else error))


def count(word: str) -> int:
    """A number of rows: 0 or more."""
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word} is not a number of rows")
    return int(word)


class Output:
    """Where a command writes: GDB's own stream (pager, pipe, logging), or `--out FILE`."""

    def __init__(
        self, write: Callable[[str], object], to_file: bool, raw: RawIOBase | None = None
    ) -> None:
        self._write = write
        self._to_file = to_file
        self._raw = raw

    @classmethod
    @contextmanager
    def open(cls, path: str | None) -> Iterator[Output]:
        if path is None:
            yield cls(gdb.write, False)
            return
        try:
            with open(os.path.expanduser(path), "w", encoding="utf-8") as file:
                # A buffer looks for Ctrl-C when it has written, and loses its place then
                regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                yield cls(file.write, True, file.buffer.raw if regular else None)  # type: ignore[attr-defined]
        except OSError as error:
            raise GogdbError(f"cannot write {path}", error.strerror or "") from None

    def doc(self, doc: Doc) -> None:
        """Show a document as the terminal, the settings and the width want it."""
        with self._pages_by_lines():
            for line in self._rendered(doc):
                self._write(line + "\n")

    def plain(self, text: str) -> None:
        """Words that are laid out already, for 80 cells: from the first column, and never cut."""
        with self._pages_by_lines():
            for line in text.splitlines():
                self.line(line)

    def lines(self, doc: Doc) -> int:
        """How many lines a document takes here."""
        return sum(1 for _ in self._rendered(doc))

    def _rendered(self, doc: Doc) -> Iterator[str]:
        from gogdb.dependencies import require

        require()
        from gogdb.render.ansi import render

        color = parameters.color() and not self._to_file
        ascii = parameters.ascii_only() and not self._to_file
        return render(doc, width=parameters.width(), color=color, ascii=ascii)

    @contextmanager
    def _pages_by_lines(self) -> Iterator[None]:
        """GDB's pager counts bytes and would break lines that fit; without a width it does not."""
        width = gdb.parameter("width")
        if self._to_file or not width:
            yield
            return
        gdb.execute("set width 0")  # gdb.with_parameter and to_string=True do nothing in GDB 13
        try:
            yield
        finally:
            gdb.execute(f"set width {width}")

    def json(self, value: object) -> None:
        from gogdb.render.json import dump

        if self._raw:
            dump(value, self._raw.write, str.encode)
        else:
            dump(value, self._write)

    def docs(self, docs: Sequence[Doc]) -> None:
        for number, doc in enumerate(docs):
            if number:
                self._write("\n")
            self.doc(doc)

    def line(self, text: str = "") -> None:
        self._write(text + "\n")
