"""Record a round of goroutine 1 for the unit tests.

    OUT=tests/snapshots/park-go1.27.3.json.xz \\
    gdb -nx -batch -iex 'set auto-load python-scripts off' \\
        -ex 'set exec-wrapper env -i GOMAXPROCS=1 GODEBUG=asyncpreemptoff=1' \\
        -ex 'tbreak main.main' -ex run \\
        -x gdbinit.py -x tests/snapshots/make_follow.py PROGRAM

PROGRAM is fixtures/park, built as README.md says.
"""

import os
from pathlib import Path

import gdb

from gogdb.commands.session import session
from gogdb.follow.follower import Follower
from gogdb.gdbhost.debugger import GdbDebugger
from gogdb.inferior.protocol import Resumed
from gogdb.runtime import goroutines
from gogdb.runtime.program import Program
from tests.support.replay import Recorder

current = session()
recorder = Recorder(current.program().target)
program = Program(recorder)


class Recording(GdbDebugger):
    """Tells the recorder when a new stop begins."""

    def resume(self) -> Resumed:
        recorder.next_stop()  # before: whether an arrival counts is asked of the new stop
        return super().resume()


main = goroutines.find(program, program.read(), "1")
follower = Follower(Recording(current.elf), program, main, "gopark")
for record in follower.run():
    for claim in record.claims:
        if not claim.holds:
            raise gdb.GdbError(f"{record.step.id}: {claim.id} does not hold")
place = Path(os.environ["OUT"])
recorder.save(place)
print(f"{place}: {place.stat().st_size} bytes,", *(r.step.id for r in follower.records))
gdb.execute("kill")
