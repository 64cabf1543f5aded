"""The server of the exercise hangs as the workshop says, and its solution ends that."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gogdb.launch import paths
from gogdb.launch.tools import Go
from tests.support import traceback
from tests.support.builds import Builds
from tests.support.parked import attach
from tests.support.process import running, traceback_of, wait_for_output
from tests.support.session import Open, Session

SOURCE = paths.fixtures() / "chat/main.go"
WORKSHOP = Path(__file__).parents[2] / "docs/workshop.md"
NO_ANSWER = "the server does not answer\n"
LOCK = r"sync\.Mutex\.Lock|semacquire"  # the wait reason since Go 1.20, and before
EXPECTED = {  # function, marker of its line, wait reason: how many goroutines
    ("main.(*member).write", "write", "chan receive"): 40,
    ("main.listen", "listen", "IO wait"): 39,
    ("main.main", "", ""): 1,
    ("main.serve", "accept", "IO wait"): 1,
    ("main.(*member).read", "read", "IO wait"): 1,
    ("main.(*room).say", "send", "chan send"): 1,
    ("main.(*room).say", "say", LOCK): 38,
    ("main.(*room).leave", "leave", LOCK): 1,
    ("main.(*room).join", "join", LOCK): 1,
}


def line_of(marker: str) -> int:
    text = SOURCE.read_text(encoding="utf-8").split("\n")
    return next(n for n, line in enumerate(text, 1) if line.endswith(f"// marker: {marker}"))


def place(function: str, line: int, reason: str) -> tuple[str, str, str]:
    """Return a key of `EXPECTED`: main may still be printing that there is no answer."""
    if function == "main.main":
        return function, "", ""
    text = SOURCE.read_text(encoding="utf-8").split("\n")[line - 1]
    marker = re.search(r"// marker: (\w+)", text)
    reason = LOCK if re.fullmatch(LOCK, reason) else reason
    return function, marker[1] if marker else "", reason


@contextmanager
def silent(program: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the server, and wait until it has not answered."""
    with running(program, env=os.environ | {"GOTRACEBACK": "all"}) as process:
        wait_for_output(process)
        assert process.stdout is not None
        assert process.stdout.readline() == NO_ANSWER
        yield process


def attach_when_hung(session: Session, server: subprocess.Popen[str]) -> None:
    """Attach GDB when all goroutines wait, or after 60 s; they run until then."""
    deadline = time.monotonic() + 60
    attach(session, server)
    while counts_of(own_groups(session)) != EXPECTED and time.monotonic() < deadline:
        session.run("detach")
        attach(session, server)


def own_groups(session: Session) -> list[Any]:
    return [group for group in groups(session) if not group["system"]]


def counts_of(rows: list[Any]) -> dict[tuple[str, str, str], int]:
    return {
        place(row["user"]["function"], row["user"]["line"], kind["waitreason"]): kind["count"]
        for row in rows
        for kind in row["kinds"]
    }


def groups(session: Session, options: str = "") -> Any:
    return json.loads(session.run(f"go-stacks --group --json {options}"))["groups"]


def test_the_cause_is_found(either_go: Go, builds: Builds, open_gdb: Open) -> None:
    """As in the workshop: the list, who sends with the mutex locked, and who does not receive.

    Go's own traceback has the same goroutines in the same places.
    """
    with silent(builds.fixture("chat", either_go)) as server, open_gdb() as session:
        attach_when_hung(session, server)
        check_groups(own_groups(session))
        check_first_screen(session.run("go-stacks --group").split("\n")[:24])
        table = session.run("go-gmp g --limit 200")
        sends, locks = (f"(*room).say main.go:{line_of(marker)}" for marker in ("send", "say"))
        assert table.index(sends) < table.index(locks)
        (sender,) = groups(session, '--reason "chan send"')
        assert sender["user"]["function"] == "main.(*room).say"
        idle, writer = groups(session, "--where main.(*member).write")
        assert (idle["count"], writer["count"]) == (40, 1)
        assert writer["user"]["function"] == "main.(*room).leave"
        session.run("detach")
        check_traceback(traceback_of(server))


def check_groups(rows: list[Any]) -> None:
    """Those that queue for the lock come last, and they alone have a queue."""
    assert counts_of(rows) == EXPECTED
    queues = [[(queue["kind"], queue["total"]) for queue in row["queues"]] for row in rows]
    assert queues == [[]] * 6 + [[("sync.Mutex", 40)]] * 3


def check_first_screen(screen: list[str]) -> None:
    assert re.fullmatch(r"  → 40 goroutines wait for sync\.Mutex 0x[0-9a-f]+", screen[1])
    send, lock = (
        next(n for n, text in enumerate(screen) if re.match(rf" +{row}", text))
        for row in (r"1  waiting, chan send +main\.\(\*room\)\.say", "38  waiting, ")
    )
    assert send < lock
    assert max(map(len, screen)) <= 80


def check_traceback(text: str) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    for goroutine in traceback.parse(text).values():
        own = [frame for frame in goroutine.frames if frame.function.startswith("main.")]
        if own:
            reason = goroutine.status.split(",")[0]
            counts[place(own[0].function, own[0].line, reason)] += 1
    assert counts == EXPECTED


def test_the_solution(go: Go, tmp_path: Path) -> None:
    """With the workshop's change the server answers."""
    (fix,) = re.findall(r"^```go\n(.*?)^```$", WORKSHOP.read_text("utf-8"), re.M | re.S)
    shutil.copytree(SOURCE.parent, tmp_path / "chat")
    text, count = re.subn(r".*// marker: send\n", lambda _: fix, SOURCE.read_text("utf-8"))
    assert count == 1
    (tmp_path / "chat/main.go").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [go.path, "run", "-buildvcs=false", "."],
        cwd=tmp_path / "chat",
        env=go.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "the server answers\n"
