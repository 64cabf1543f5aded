"""The walk that is shared: what has been shown of it, and when that ends.

It ends, and its port is closed, by `go-boot share off`, by `go-boot stop`, and when the program or
GDB ends. A command that ends the program and starts it anew, as `run` and `go-boot` do, does not
end it: the page starts anew with the next walk.
"""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial

import gdb

from gogdb.boot.question import Question
from gogdb.boot.stage import Record
from gogdb.boot.walk import Walk
from gogdb.commands.report import without_environment
from gogdb.commands.session import Session, session
from gogdb.commands.share_page import SharedPage, Status
from gogdb.errors import ShownError
from gogdb.gdbhost.target import alive
from gogdb.share.feed import Snapshot
from gogdb.share.server import Server

__all__ = ["Sharing"]


class Sharing:
    """A walk that browsers follow; `env` shows the values of the environment variables too."""

    def __init__(self, session: Session, host: str, port: int, env: bool, page: SharedPage) -> None:
        """Listen at `host`, a numeric address, and `port`, 0 for any.

        Raises `OSError` if it cannot listen, `GogdbError` if it cannot serve.
        Whatever is raised, nothing listens then.
        """
        self.host, self.env = host, env
        self.ended = False
        self._page = page
        self._token = secrets.token_urlsafe(16)
        self._program = session.elf.go_version(), session.path
        self._shell = page.shell(*self._program)
        self._walk: Walk | None = None
        self._number = 1  # of the walk
        self._recorded: list[Record] = []  # by the walk, as far as it was published
        self._records: list[Record] = []  # the same, as they may be read
        self._stages: list[Callable[[], str]] = []
        self._question: Question | None = None
        self._published: tuple[object, ...] = ()
        self._in_command = self._program_ended = False
        self._inferior = gdb.selected_inferior().num
        self._server = Server(host, port, self._token)
        self._server.start(self._snapshot("walking"))
        gc.collect()
        gc.freeze()  # a full collection while somebody steps would look at all modules again
        gdb.events.exited.connect(self._on_exit)
        gdb.events.gdb_exiting.connect(self._on_gdb_exit)
        with ExitStack() as undo:
            undo.callback(self.end)
            if session.walk is not None:
                self.show(session.walk)
            undo.pop_all()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        """The link, with the token."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?token={self._token}"

    @property
    def followers(self) -> int:
        """How many browsers follow."""
        return self._server.followers

    @property
    def failure(self) -> Exception | None:
        """The last error in making a part of the page."""
        return self._server.failure

    def show(self, walk: Walk) -> None:
        """Publish all stages that the walk has recorded."""
        if walk is not self._walk or not self._continues(walk):
            self._begin(walk)
        for record in walk.records[len(self._recorded) :]:
            self._recorded.append(record)
            self._records.append(record if self.env else without_environment(record))
            until_here = tuple(self._records)
            self._stages.append(cache(partial(self._page.stage, until_here)))
        if self._question and (walk.next is None or walk.next.id != self._question.stage):
            self._question = None
        self._publish("over" if walk.done else "walking")

    def ask(self, walk: Walk, question: Question) -> None:
        """Publish the question about the next stage, and what was shown before."""
        if walk is not self._walk or not self._continues(walk):
            self._begin(walk)
        self._question = question
        self.show(walk)

    @contextmanager
    def command(self) -> Iterator[None]:
        """Publish what a command of go-boot has shown, at its end, or end with the program."""
        self._in_command = True
        try:
            yield
        finally:
            self._in_command = False
            if not self.ended:
                self._after_command()

    def end(self) -> None:
        """Close the port; browsers are notified, and keep what they have."""
        if self.ended:
            return
        self.ended = True
        gdb.events.exited.disconnect(self._on_exit)
        gdb.events.gdb_exiting.disconnect(self._on_gdb_exit)
        self._server.stop(self._snapshot("ended"))
        gc.unfreeze()

    def _after_command(self) -> None:
        try:
            walk = session().walk
        except ShownError:  # no program is loaded any more
            walk = None
        if walk is not None:
            self.show(walk)
        if walk is None and self._walk is not None:
            self.end()
        else:
            self._end_with_program()

    def _end_with_program(self) -> None:
        """End if the program has ended and was not started anew since."""
        if self._program_ended and not self._in_command and not self.ended:
            self._program_ended = False
            if not alive():
                self.end()

    def _continues(self, walk: Walk) -> bool:
        """Report whether all that was published is still behind: GDB may have gone back."""
        return [*map(id, self._recorded)] == [*map(id, walk.records[: len(self._recorded)])]

    def _begin(self, walk: Walk) -> None:
        """Start the page anew for another walk, unless it has shown nothing yet."""
        if self._walk is not None:
            self._number += 1
        program = session().elf.go_version(), session().path
        if program != self._program:
            self._program, self._shell = program, self._page.shell(*program)
        self._walk, self._question = walk, None
        self._recorded, self._records, self._stages = [], [], []

    def _publish(self, status: Status) -> None:
        state = self._number, len(self._stages), self._question, status
        if state != self._published:
            self._published = state
            self._server.publish(self._snapshot(status))

    def _snapshot(self, status: Status) -> Snapshot:
        state = cache(partial(self._page.state, status, tuple(self._records), self._question))
        return Snapshot(self._number, self._shell, tuple(self._stages), state)

    def _on_exit(self, event: gdb.ExitedEvent) -> None:
        if event.inferior.num == self._inferior:
            self._program_ended = True
            gdb.post_event(self._end_with_program)  # the command, such as `run`, may start it anew

    def _on_gdb_exit(self, event: gdb.Event) -> None:
        self.end()
        self._server.join()
