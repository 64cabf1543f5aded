"""The names of threads: of each M its goroutine and where that is, or what the M does without one.

They are in English: GDB shows them in its own encoding, which may be ASCII.
"""

from __future__ import annotations

from collections.abc import Mapping

from gogdb.runtime.model import M
from gogdb.runtime.scheduler import Runtime
from gogdb.view.m_state import m_state

__all__ = ["thread_names"]


def thread_names(
    runtime: Runtime, functions: Mapping[int, str], activities: Mapping[int, str]
) -> dict[int, str]:
    """Return "g7 main.work", "m3 idle" and so on by the number of the thread.

    `functions` are the places of goroutines by g address; of others it is the function that they
    started in. `activities` are what Ms without a goroutine do (`read_activities`).
    """
    names: dict[int, str] = {}
    for m in runtime.ms:
        thread = None if m.unreadable else runtime.threads.of(m)
        if thread:
            g = runtime.g(m.curg) if m.curg else None
            start = runtime.function_names.get(g.startpc, "") if g else ""
            does = functions.get(m.curg) or start if m.curg else m_state(runtime, m, activities)
            names[thread.number] = f"{_who(runtime, m)} {does}".rstrip()
    return names


def _who(runtime: Runtime, m: M) -> str:
    return runtime.name(m.curg) if m.curg else f"m{m.id}"
