"""A GDB on a terminal whose screen is kept, for what the TUI shows."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte

from gogdb.launch import paths
from tests.support import gdb_log
from tests.support.session import ENVIRONMENT, NoAnswerError
from tests.support.terminal import end

__all__ = ["Screen"]

TIMEOUT = 60  # s, for one change of the screen; most take less than one

# Of terminals that pyte understands, one whose frames are UTF-8: as an xterm it gets `lqqk`.
TERM = "screen-256color"


class Screen:
    """One GDB with gogdb loaded, and the screen of its terminal."""

    def __init__(
        self,
        gdb: Path,
        program: Path | None = None,
        *,
        rows: int = 24,
        columns: int = 80,
        locale: str = "C.UTF-8",
        language: str = "en",
    ) -> None:
        first = (
            "set debuginfod enabled off",
            "set auto-load python-scripts off",
            "set confirm off",
            f"set exec-wrapper {ENVIRONMENT}",
        )
        options = ["-nx", "-q", *(word for line in first for word in ("-iex", line))]
        options += ["-x", str(paths.gdbinit()), "-ex", f"set gogdb lang {language}"]
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._child: pexpect.spawn[str] = pexpect.spawn(
            str(gdb),
            [*options, *([str(program)] if program else [])],
            env={**os.environ, "TERM": TERM, "LC_ALL": locale},
            encoding="utf-8",
            codec_errors="replace",
            timeout=TIMEOUT,
            dimensions=(rows, columns),
        )
        self._child.delaybeforesend = None
        self._child.logfile_read = gdb_log.new()
        try:
            self.wait_for("(gdb)")
        except BaseException:
            self.close()
            raise

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def column(self, left: str) -> list[str]:
        """Return the rows of the window whose upper border begins with `left`, as on the screen.

        There are none unless the whole border is there.
        """
        rows = self._screen.display
        top = next((n for n, row in enumerate(rows) if left in row), len(rows))
        edge = rows[top].index(left) if top < len(rows) else 0
        ends = (n for n, row in enumerate(rows) if n > top and row[edge - 1] in "┘└┴jm")
        return [row[edge:-1].rstrip() for row in rows[top + 1 : next(ends, 0)]]

    def wait_for_window(self, left: str, *rows: str) -> list[str]:
        """Wait until the first rows of a window match these, regular expressions; return all.

        GDB draws a window's title before its rows, and these one by one. Raises `NoAnswerError`.
        """
        pattern = re.compile("\n".join(rows) + "(\n|$)")
        self.wait_for(lambda _: pattern.match("\n".join(self.column(left))))
        return self.column(left)

    def run(self, command: str, shows: str | Callable[[str], object]) -> str:
        """Type a command and wait until the screen shows what it must."""
        self.type(f"{command}\n")
        return self.wait_for(shows)

    def type(self, keys: str) -> None:
        """Type on the terminal's keyboard."""
        self._child.send(keys)

    def resize(self, rows: int, columns: int) -> None:
        """Change the size of the terminal."""
        self._screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def wait_for(self, shows: str | Callable[[str], object]) -> str:
        """Wait until the screen shows a text, or `shows` is true of it, and return the screen.

        Raises `NoAnswerError` with the screen.
        """
        is_shown = shows if callable(shows) else lambda text: shows in text
        deadline = time.monotonic() + TIMEOUT
        while not is_shown(self.text):
            if time.monotonic() > deadline:
                raise NoAnswerError(f"not shown within {TIMEOUT} s: {shows}\n{self.text}")
            try:
                self._stream.feed(self._child.read_nonblocking(4096, timeout=1))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                raise NoAnswerError(f"GDB has ended\n{self.text}") from None
        return self.text

    def close(self) -> None:
        """Kill GDB, and with it the program that it runs."""
        end(self._child)
