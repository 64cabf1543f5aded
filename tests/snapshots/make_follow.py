"""Record a round of a goroutine for the unit tests.

    gdb -nx -batch -iex 'set auto-load python-scripts off' \\
        -ex 'python OUT="tests/snapshots/park-go1.27.3.json.xz"' \\
        -ex 'python G, EXIT_REASON = "1", "gopark"' \\
        -ex 'set exec-wrapper env -i GOMAXPROCS=1 GODEBUG=asyncpreemptoff=1' \\
        -ex 'tbreak main.main' -ex run \\
        -x gdbinit.py -x tests/snapshots/make_follow.py PROGRAM

PROGRAM is fixtures/park, built as README.md says. For syscall-go1.19.8 it is fixtures/syscall
with GOMAXPROCS=1 alone, stopped at its line "marker: write"; G is the goroutine that
`go-gmp g --where main.reader` shows and EXIT_REASON "entersyscall". Record it again until the
steps include handoff: sysmon takes the P after the first stop or before.
"""

from pathlib import Path

import gdb

from gogdb.commands.session import session
from gogdb.follow.follower import Follower
from gogdb.gdbhost.debugger import GdbDebugger
from gogdb.runtime import goroutines
from gogdb.runtime.program import Program
from tests.support.replay import Recorder

current = session()
recorder = Recorder(current.program().target)
program = Program(recorder)


class RecordingDebugger(GdbDebugger):
    """Tells the recorder when a new stop begins."""

    def resume(self):
        recorder.next_stop()  # first, because deciding whether an arrival counts reads the new stop
        return super().resume()


g = goroutines.find(program, program.read(), G)  # noqa: F821, the command line sets it
follower = Follower(RecordingDebugger(current.elf), program, g, EXIT_REASON)  # noqa: F821
for record in follower.run():
    for claim in record.claims:
        if not claim.holds:
            raise gdb.GdbError(f"{record.step.id}: {claim.id} does not hold")
place = Path(OUT)  # noqa: F821
recorder.save(place)
print(f"{place}: {place.stat().st_size} bytes,", *(r.step.id for r in follower.records))
gdb.execute("kill")
