"""End a GDB that runs on a terminal of pexpect, whose own close() gives it 0.1 s to be gone."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pexpect

from tests.support.autopsy import descendants

__all__ = ["end"]


def end(child: pexpect.spawn[str]) -> None:
    """Kill GDB, and with it the program that it runs (PTRACE_O_EXITKILL).

    A gdbserver that GDB started through a shell would go on, and poll the closed pipe.
    """
    if child.isalive():
        assert child.pid is not None
        servers = list(descendants(child.pid))
        child.kill(signal.SIGKILL)
        child.wait()
        for server in servers:
            with suppress(ProcessLookupError):
                os.kill(server, signal.SIGKILL)
    child.ptyproc.delayafterclose = 0  # type: ignore[attr-defined]  # GDB has ended
    child.close()
