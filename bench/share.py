"""How long `go-boot step` takes while browsers follow the walk, and while none does.

Each step begins when the one before has ended, so every stage is made and sent for the browsers
during the next step, which is the worst moment. Of the browsers one reads nothing, and one is
killed in each walk. "Usual" is the median of the same step without browsers. The server delays a
step by no more than its CPU time, since only the GIL is shared; on a machine that does other
things, too, that is the figure to look at.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import statistics
import struct
import subprocess
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from threading import Thread
from urllib.parse import urlsplit

from sidebyside.machine import cpu

from gogdb.launch import fixture, paths
from gogdb.launch.tools import find_gdb, find_go

AIM = 50  # ms
_STEPPING = Path(__file__).parent / "sidebyside/stepping.py"
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST, as when a process is killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gdb", metavar="PATH", help="the debugger (also GOGDB_GDB)")
    parser.add_argument("--go", metavar="PATH", help="what to build the program with")
    parser.add_argument("--browsers", metavar="N", type=int, default=30)
    parser.add_argument("-n", dest="walks", metavar="WALKS", type=int, default=10)
    options = parser.parse_args()
    gdb = find_gdb(options.gdb)
    program = fixture.build("boot", find_go(options.go))
    command = [str(gdb.path), "-nx", "-q", "-batch", "-iex", "set debuginfod enabled off"]
    command += ["-iex", "set auto-load python-scripts off", "-x", str(paths.gdbinit())]
    command += ["-x", str(_STEPPING), "--args", str(program)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        link = answer(process, "http")
        walk(process)  # the first reads files that the others find in memory
        alone, followed = [], []
        for _ in range(options.walks):  # in turn, so that both suffer when the machine is slow
            alone.append(walk(process))
            with Browsers(link, options.browsers):
                followed.append(walk(process))
        process.communicate()
    print(f"{cpu()}, {os.cpu_count()} CPUs, Linux {platform.release()}")
    print(f"{gdb}, {options.walks} walks of {len(alone[0])} steps each")
    print(f"{'ms':36} median    p99    max")
    usual = [statistics.median(step for step, _ in steps) for steps in zip(*alone, strict=True)]
    for name, walks in (("no browser", alone), (f"{options.browsers} browsers", followed)):
        late = [step - at for steps in walks for (step, _), at in zip(steps, usual, strict=True)]
        print(f"{name:12} a step               {summary([s for s, _ in chain(*walks)])}")
        print(f"{'':12} later than usual     {summary(late)}    (aim: at most {AIM})")
        print(f"{'':12} the server's CPU     {summary([s for _, s in chain(*walks)])}")


def walk(process: subprocess.Popen[str]) -> list[tuple[float, float]]:
    """Let GDB walk once; return for each step its time and the server's CPU time, in ms."""
    assert process.stdin is not None
    process.stdin.write("walk\n")
    process.stdin.flush()
    return [(1000 * step, 1000 * served) for step, served in json.loads(answer(process, "["))]


def answer(process: subprocess.Popen[str], start: str) -> str:
    """Return the next line of output that begins with `start`."""
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith(start)).strip()


def summary(times: Sequence[float]) -> str:
    """Return the median, the 99th percentile and the largest of times in ms."""
    late = statistics.quantiles(times, n=100)[98]
    return f"{statistics.median(times):6.1f} {late:6.1f} {max(times):6.1f}"


class Browsers:
    """Connections that follow the walk at `link`, read in a thread until the block ends."""

    def __init__(self, link: str, count: int) -> None:
        self._at = urlsplit(link)
        self._sockets = [self._follow() for _ in range(count)]
        self._ends = False

    def __enter__(self) -> None:
        self._thread = Thread(target=self._read)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ends = True
        self._thread.join()
        for each in self._sockets:
            each.close()

    def _follow(self) -> socket.socket:
        assert self._at.hostname is not None
        connection = socket.create_connection((self._at.hostname, self._at.port))
        request = f"GET /events?{self._at.query} HTTP/1.1\r\nHost: {self._at.netloc}\r\n\r\n"
        connection.sendall(request.encode())
        if not connection.recv(12).endswith(b" 200"):
            sys.exit("the browsers are refused")
        return connection

    def _read(self) -> None:
        """Read what arrives at all but the first; kill the second when it has read something."""
        killed = False
        with DefaultSelector() as selector:
            for each in self._sockets[1:]:
                selector.register(each, EVENT_READ)
            while not self._ends:
                for key, _ in selector.select(0.1):
                    connection = key.fileobj
                    assert isinstance(connection, socket.socket)
                    connection.recv(1 << 20)
                    if connection is self._sockets[1] and not killed:
                        killed = True
                        selector.unregister(connection)
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        connection.close()


if __name__ == "__main__":
    main()
