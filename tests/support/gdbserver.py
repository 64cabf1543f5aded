"""A gdbserver, and the port it listens on."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.process import running

__all__ = ["listening"]


@contextmanager
def listening(*command: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a command that becomes a gdbserver, and yield it and its port.

    Skip the test if it ends before it listens, as where it may not attach.
    """
    with running(*command) as server:
        assert server.stderr is not None
        output = ""
        while (match := re.search(r"Listening on port (\d+)", output)) is None:
            line = server.stderr.readline()
            if not line:
                pytest.skip(f"gdbserver does not listen: {output}")
            output += line
        yield server, match[1]
