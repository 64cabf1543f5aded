"""A GDB on a terminal of its own, driven as a person would drive it."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect

from gogdb.launch import paths

__all__ = ["QUESTION", "Session", "plain"]

PROMPT = "<<gdb is ready>>"
QUESTION = "(y or n) "
TIMEOUT = 60  # s, for one command; the longest takes about two
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-_])")

# What surrounds the program is the same on every machine: its environment is this alone.
ENVIRONMENT = "env -i GOMAXPROCS=2"


def plain(text: str) -> str:
    """Text without escape sequences."""
    return _ESCAPE.sub("", text)


class Session:
    """One GDB with gogdb loaded. `color`: a terminal that has colours, and style on."""

    def __init__(
        self,
        gdb: Path,
        program: Path | None = None,
        width: int = 80,
        color: bool = False,
        locale: str = "C.UTF-8",
    ) -> None:
        first = (
            "set debuginfod enabled off",
            "set auto-load python-scripts off",
            f"set width {width}",
            "set height 0",
            "set editing off",  # readline would add escape sequences of its own
            rf"set prompt {PROMPT}\n",
        )
        words = ["-nx", "-q", *(word for line in first for word in ("-iex", line))]
        self.width = width
        self.child: pexpect.spawn[str] = pexpect.spawn(
            str(gdb),
            words,
            env={**os.environ, "TERM": "xterm-256color" if color else "dumb", "LC_ALL": locale},
            encoding="utf-8",
            codec_errors="surrogateescape",  # GDB itself cuts a name within a character
            echo=False,
            timeout=TIMEOUT,
            dimensions=(50, width),
        )
        self.child.delaybeforesend = None
        self.ready()
        self.quietly(f"source {paths.gdbinit()}")
        if program is not None:
            self.run(f"file {shlex.quote(str(program))}")
            self.quietly(f"set exec-wrapper {ENVIRONMENT}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.child.close(force=True)  # its death takes along what it runs

    def run(self, command: str, *answers: str) -> str:
        """All that a command says; `answers` for the questions that it asks."""
        self.send(command)
        said = ""
        for answer in answers:
            self.child.expect_exact(QUESTION)
            said += f"{self._before()}{QUESTION}{answer}\n"  # as the terminal would echo it
            self.child.sendline(answer)
        return said + self.ready()

    def quietly(self, command: str) -> None:
        """Run a command that is to say nothing."""
        said = self.run(command)
        assert said == "", f"{command}: {said}"

    def send(self, command: str) -> None:
        """Begin a command that does not come to its end by itself."""
        self.child.sendline(command)

    def wait_for(self, text: str) -> str:
        """Until the program or GDB says `text`; what was said before it."""
        self.child.expect_exact(text)
        return self._before()

    def interrupt(self) -> str:
        """Ctrl-C; what is said until GDB has its prompt again."""
        self.child.sendintr()
        return self.ready()

    def finish(self) -> None:
        """Let the program run to its end.

        GDB 13 may fail to read a thread's registers on the way, and has its prompt
        before the end of the program.
        """
        self.send("continue")
        self.wait_for("exited normally]")
        self.send("echo at rest")
        self.wait_for("at rest")
        self.ready()

    def value(self, expression: str) -> str:
        """A value by GDB's Python, which leaves `$` and `$_` alone."""
        return self.run(f"python print({expression})").strip()

    def ready(self) -> str:
        """What is said until GDB has its prompt again."""
        self.child.expect_exact(f"{PROMPT}\r\n")
        return self._before()

    def _before(self) -> str:
        return str(self.child.before).replace("\r\n", "\n")
