"""A GDB on a terminal of its own, driven as a person would drive it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect

from gogdb.launch import paths
from tests.support import gdb_command, gdb_log
from tests.support.autopsy import LOST_THREAD, autopsy, has_lost_thread
from tests.support.terminal import end

__all__ = [
    "ENDED",
    "ENVIRONMENT",
    "NOT_PREEMPTED",
    "ONLY_THREAD",
    "QUESTION",
    "NoAnswerError",
    "Open",
    "Session",
    "plain",
]

PROMPT = "<<gdb is ready>>"
QUESTION = "(y or n) "
INTERNAL_ERROR = f"Quit this debugging session? {QUESTION}"
TIMEOUT = 240  # s, for one command: the longest takes about 60 beside 16 other processes
LAST_TIMEOUT = 10  # s, for a GDB that has not answered before
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-_])")

# What surrounds the program is the same on every machine: its environment is this alone.
ENVIRONMENT = "env -i GOMAXPROCS=2"

ENDED = "exited normally]"  # as GDB says it of the program
NOT_PREEMPTED = f"set exec-wrapper {ENVIRONMENT} GODEBUG=asyncpreemptoff=1"
"""A goroutine that is preempted goes on in any thread, and GDB's steps are about one thread. As
soon as a program runs on after a stop, sysmon preempts what has run for 10 ms."""

ONLY_THREAD = "set scheduler-locking step"
"""While GDB steps a thread, no other one runs, so that sysmon cannot have it preempted. For steps
that wait for no other thread; GDB accepts it once the program has been run."""


def plain(text: str) -> str:
    """Return a text without escape sequences."""
    return _ESCAPE.sub("", text)


class NoAnswerError(AssertionError):
    """GDB has ended, or has not answered in time."""


class Session:
    """One GDB. `color`: a terminal that has colours, and style on.

    gogdb is loaded, unless `bare`. GDB is started in the directory `cwd`.
    """

    def __init__(
        self,
        gdb: Path,
        program: Path | None = None,
        width: int = 80,
        color: bool = False,
        locale: str = "C.UTF-8",
        bare: bool = False,
        cwd: Path | None = None,
    ) -> None:
        first = (
            *gdb_command.SETTINGS,
            f"set width {width}",
            "set height 0",
            "set editing off",  # readline would add escape sequences of its own
            rf"set prompt {PROMPT}\n",
        )
        options = ["-nx", "-q", *gdb_command.execute(first, "-iex")]
        self.width = width
        self._gdb = gdb
        self.child: pexpect.spawn[str] = pexpect.spawn(
            str(gdb),
            options,
            env={**os.environ, "TERM": "xterm-256color" if color else "dumb", "LC_ALL": locale},
            encoding="utf-8",
            codec_errors="surrogateescape",  # GDB itself cuts a name within a character
            echo=False,
            timeout=TIMEOUT,
            dimensions=(50, width),
            cwd=cwd,
        )
        self.child.delaybeforesend = None
        self._log = gdb_log.new()
        self.child.logfile_read = self._log
        try:
            self._load(program, bare)
        except BaseException:
            self.close()
            raise

    def _load(self, program: Path | None, bare: bool) -> None:
        self.ready()
        if not bare:
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

    @property
    def transcript(self) -> str:
        """All that GDB and the program have printed."""
        return self._log.getvalue().replace("\r\n", "\n")

    def close(self) -> None:
        """Kill GDB, and with it the program that it runs."""
        end(self.child)

    def run(self, command: str, *answers: str) -> str:
        """Run a command, answer its questions, and return what it printed."""
        self.send(command)
        output = ""
        for answer in answers:
            output += (
                f"{self.wait_for(QUESTION)}{QUESTION}{answer}\n"  # as a terminal would echo it
            )
            self.child.sendline(answer)
        return output + self.ready()

    def quietly(self, command: str) -> None:
        """Run a command that must not print anything."""
        output = self.run(command)
        assert output == "", f"{command}: {output}"

    def send(self, command: str) -> None:
        """Begin a command, without waiting for its end."""
        self.child.sendline(command)

    def wait_for(self, text: str) -> str:
        """Wait until the program or GDB prints `text`, and return what was printed before it.

        Raises `NoAnswerError` with the transcript, the state of GDB's and the program's threads,
        and what GDB says when it is interrupted.
        """
        try:
            found = self.child.expect_exact([text, INTERNAL_ERROR])
        except pexpect.TIMEOUT:
            assert self.child.pid is not None
            if has_lost_thread(self.child.pid):
                gdb_log.new().write(LOST_THREAD)
            raise NoAnswerError(
                f"no {text.strip()!r} within {self.child.timeout} s\n"
                f"{self.transcript}\n{autopsy(self._gdb, self.child.pid)}\n"
                f"after Ctrl-C:\n{self._after_interrupt()}"
            ) from None
        except pexpect.EOF:
            self.child.close()
            raise NoAnswerError(
                f"GDB has ended with status {self.child.exitstatus}, "
                f"signal {self.child.signalstatus}\n{self.transcript}"
            ) from None
        if found == 1:
            raise NoAnswerError(f"GDB reports an internal error\n{self.transcript}")
        return str(self.child.before).replace("\r\n", "\n")

    def interrupt(self) -> str:
        """Type Ctrl-C, and return what is printed until GDB has its prompt again."""
        self.child.sendintr()
        return self.ready()

    def quit(self) -> str:
        """End GDB, which asks because the program has not ended, and return what is shown."""
        self.send("quit")
        question = self.wait_for(QUESTION)
        self.child.sendline("y")
        self.child.expect(pexpect.EOF)
        return f"{question}{QUESTION}y\n"

    def _after_interrupt(self) -> str:
        """Return what a GDB that did not answer prints after Ctrl-C, and then of its threads."""
        before = len(self.transcript)
        self.child.sendintr()
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            self.child.expect_exact(PROMPT, LAST_TIMEOUT)
            self.child.sendline("info threads")
            self.child.expect_exact(PROMPT, LAST_TIMEOUT)
        return self.transcript[before:]

    def finish(self, command: str = "continue") -> str:
        """Let the program run to its end by `continue` or `run`, and return what is printed.

        GDB may fail to read a thread's registers on the way, and has its prompt before the end
        of the program.
        """
        self.send(command)
        output = f"{self.wait_for(ENDED)}{ENDED}\n"
        self.send("echo at rest")
        self.wait_for("at rest")
        self.ready()
        return output

    def value(self, expression: str) -> str:
        """Return a value of a Python expression in GDB, which leaves `$` and `$_` alone."""
        return self.run(f"python print({expression})").strip()

    def ready(self) -> str:
        """Wait for GDB's prompt, and return what is printed before it."""
        return self.wait_for(f"{PROMPT}\r\n")


Open = Callable[..., Session]
