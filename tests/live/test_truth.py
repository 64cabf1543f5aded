"""go-stacks compared with Go's own traceback, for a goroutine in each of some fifty states.

What is compared, and how, is in tests/support/traceback_oracle.py. Every Go release: `make matrix`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch.tools import Gdb, find_gdb
from tests.support.builds import Built
from tests.support.places import PROGRAMS
from tests.support.process import NotAllowedError
from tests.support.traceback_oracle import BUILDS, EXCEPTIONS, Verdict, compare


def checked(gdb: Path, program: Path, work: Path, way: str, **more: Any) -> Verdict:
    """Compare in one way; there may be no difference but the known exceptions."""
    try:
        verdict = compare(gdb, program, work, way, **more)
    except NotAllowedError as error:
        pytest.skip(f"this machine forbids {error}")
    assert verdict.wrong == []
    assert set(verdict.exceptions) <= set(EXCEPTIONS)
    return verdict


WAYS = [(name, way) for name, build in BUILDS.items() if build.sampled for way in build.ways]


@pytest.mark.parametrize(("name", "way"), WAYS, ids=[f"{n}, {w}" for n, w in WAYS])
def test_agrees_with_the_traceback(built: Built, tmp_path: Path, name: str, way: str) -> None:
    gdb = find_gdb(os.environ.get("GOGDB_TEST_GDB")).path
    verdict = checked(gdb, built(name), tmp_path, way)
    if "panic" not in way and "cgo" not in name:
        assert verdict.goroutines > 70
        # the argument against rbp chains in docs/how-it-works.md
        assert verdict.by_chain < verdict.goroutines
    if way.startswith("core"):
        assert set(verdict.exceptions) <= {"new thread"}
    elif way == "live handler":
        assert verdict.exceptions["on a CPU"] == 0
    elif way == "live stand":
        assert 1 <= verdict.exceptions["on a CPU"] <= 3
    assert verdict.functions >= states("cgo" in name, way)


def states(cgo: bool, way: str) -> set[str]:
    """Return the functions whose goroutines must be among those compared."""
    if cgo:
        source = (PROGRAMS / "states_cgo/main.go").read_text()
        return {
            f"main.{name}" for name in re.findall(r"^func ((?:inC|callback|go)\w+)", source, re.M)
        }
    source = (PROGRAMS / "states/parked.go").read_text()
    listed = re.search(r"var parked = \[\]func\(\)\{(.*?)\n\}", source, re.S)
    assert listed is not None
    found = {f"main.{name}" for name in re.findall(r"\w+", listed[1])}
    found |= {"main.onceWaits", "main.finalize.func1", "main.parkFromAssembly", "panic"}
    if "panic" in way:
        return found
    found |= {"runtime.asyncPreempt", "runtime.bgsweep", "runtime.bgscavenge", "runtime.sigpanic"}
    found |= {"runtime.forcegchelper", "runtime.gcBgMarkWorker", "runtime.goexit", "main.tick"}
    if "dump" in way:
        return found | {"runtime.systemstack_switch", "runtime/debug.WriteHeapDump"}
    return found | ({"main.spins", "main.reads", "main.announce"} if way != "live stand" else set())


def test_a_hundred_thousand_deep(gdb: Gdb, built: Built, tmp_path: Path) -> None:
    """With every GDB, and with a core that GDB writes when the program raises SIGABRT."""
    verdict = checked(
        gdb.path, built("optimised"), tmp_path, "core stand", deep=100_000, by_gdb=True
    )
    assert set(verdict.exceptions) - {"new thread"} == {"elided"}
