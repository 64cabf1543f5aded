"""The program `steps` at a call on g0's stack, in the same state in each run."""

from __future__ import annotations

from tests.support.session import Session

__all__ = ["run_to_system_stack"]


def run_to_system_stack(session: Session) -> None:
    """Run the program to runtime.newproc1; from main.main on, no other thread runs.

    sysmon would make the goroutine give up its thread now and then.
    """
    session.run("set exec-wrapper env -i GOMAXPROCS=1 GOGC=off GODEBUG=asyncpreemptoff=1")
    session.run("tbreak main.main")
    session.run("run")
    session.run("set scheduler-locking on")
    for place in ("main.round", "runtime.newproc1"):
        session.run(f"tbreak {place}")
        assert f"{place} (" in session.run("continue")
