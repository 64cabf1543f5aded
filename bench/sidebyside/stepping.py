"""Run by GDB: step through a shared walk as often as asked, and say how long each step took.

The first line printed is the link. For each line on stdin the walk begins anew, and a line of
JSON is printed: for each step its seconds, and the seconds of CPU that the server took meanwhile.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import gdb

from gogdb.boot.stages import STAGES


def main() -> None:
    gdb.execute("set confirm off")
    print(gdb.execute("go-boot share", to_string=True).split()[0], flush=True)
    (server,) = (each for each in threading.enumerate() if each.name == "gogdb share")
    assert server.ident is not None
    clock = time.pthread_getcpuclockid(server.ident)
    for _ in iter(sys.stdin.readline, ""):
        gdb.execute("starti", to_string=True)
        gdb.execute("go-boot step", to_string=True)
        print(json.dumps([time_of_step(clock) for _ in STAGES[1:]]), flush=True)


def time_of_step(server: int) -> tuple[float, float]:
    """Walk to the next stage, show its card, and return the seconds, and those of the server."""
    start, served = time.perf_counter(), time.clock_gettime(server)
    gdb.execute("go-boot step", to_string=True)
    return time.perf_counter() - start, time.clock_gettime(server) - served


main()
