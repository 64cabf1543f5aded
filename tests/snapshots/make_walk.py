"""Record the boot walk of a program for the unit tests.

    OUT=tests/snapshots/walk-go1.27.3.json.xz \\
    gdb -nx -batch -iex 'set auto-load python-scripts off' \\
        -ex 'set exec-wrapper env -i GOMAXPROCS=2 LANG=C' \\
        -x gdbinit.py -x tests/snapshots/make_walk.py PROGRAM

PROGRAM is fixtures/boot, built as README.md describes.
"""

import os
from pathlib import Path

import gdb

from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.commands.session import session
from gogdb.gdbhost.debugger import GdbDebugger
from gogdb.inferior.protocol import Resumed
from gogdb.runtime.program import Program
from tests.support.replay import Recorder

current = session()
recorders: list[Recorder] = []


class Recording(GdbDebugger):
    """Tells the recorder when a new stop begins."""

    def resume(self) -> Resumed:
        recorders[0].next_stop()  # before: whether an arrival counts is asked of the new stop
        return super().resume()


def program() -> Program:
    recorders.append(Recorder(current.program().target))
    return Program(recorders[0])


walk = Walk(Recording(current.elf), program)
walk.start()
for record in walk.run(STAGES[-1]):
    for claim in record.claims:
        if not claim.holds:
            raise gdb.GdbError(f"{record.stage.id}: {claim.id} does not hold")
place = Path(os.environ["OUT"])
recorders[0].save(place)
print(f"{place}: {place.stat().st_size} bytes, {len(walk.records)} stages")
gdb.execute("kill")
