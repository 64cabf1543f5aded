"""Record a round of a goroutine for the unit tests.

    OUT=tests/snapshots/park-go1.27.3.json.xz G=1 EXIT_REASON=gopark \\
    gdb -nx -batch -iex 'set auto-load python-scripts off' \\
        -ex 'set exec-wrapper env -i GOMAXPROCS=1 GODEBUG=asyncpreemptoff=1' \\
        -ex 'tbreak main.main' -ex run \\
        -x gdbinit.py -x tests/snapshots/make_follow.py PROGRAM

PROGRAM is fixtures/park, built as README.md describes. For syscall-go1.19.8 it is fixtures/syscall
with GOMAXPROCS=1 alone, stopped at its line "marker: write"; G is the goroutine that
`go-gmp g --where main.reader` shows and EXIT_REASON is entersyscall. Record it again until the
steps include handoff: sysmon takes the P after the first stop or before. For coroutine-go1.27.3 it
is tests/live/programs/coroutines, built with the same flags, with the environment above, stopped
at its line "marker: pulled"; EXIT_REASON is coroswitch.
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


class RecordingDebugger(GdbDebugger):
    """Tells the recorder when a new stop begins."""

    def resume(self) -> Resumed:
        recorder.next_stop()  # first, because deciding whether an arrival counts reads the new stop
        return super().resume()


g = goroutines.find(program, program.read(), os.environ["G"])
follower = Follower(RecordingDebugger(current.elf), program, g, os.environ["EXIT_REASON"])
for record in follower.run():
    for claim in record.claims:
        if not claim.holds:
            raise gdb.GdbError(f"{record.step.id}: {claim.id} does not hold")
place = Path(os.environ["OUT"])
recorder.save(place)
print(f"{place}: {place.stat().st_size} bytes,", *(r.step.id for r in follower.records))
gdb.execute("kill")
