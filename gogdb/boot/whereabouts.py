"""Where the program is now, compared with the stages that a walk has recorded."""

from __future__ import annotations

from gogdb.boot.stage import Record, Stage
from gogdb.boot.stages import STAGES
from gogdb.boot.stages.main import MainMain
from gogdb.boot.walk import Walk
from gogdb.runtime.goroutines import unwind

__all__ = ["can_still_come", "last_seen", "stands_at"]

_MOST_FRAMES = 1000  # of the main goroutine


def last_seen(walk: Walk) -> Record | None:
    """Return the last record of a walk under way that was observed, None if there is none."""
    if walk.done:
        return None
    return next((record for record in reversed(walk.behind()) if record.observations), None)


def stands_at(walk: Walk, record: Record) -> bool:
    """Report whether the thread that came to a stage still stands where that stage ended.

    Raises `GogdbError` if its registers cannot be read.
    """
    target, last = walk.program.target, record.last
    thread = next((each for each in target.threads() if each.lwp == last.lwp), None)
    registers = target.registers(thread)
    return (registers.pc, registers.sp) == (last.pc, last.sp)


def can_still_come(walk: Walk) -> list[Stage]:
    """Return the stages that are left and not behind the program, the next one first.

    Once runtime.main has set mainStarted, only the main goroutine comes to a stage, and to
    main.main once (proc.go). Before that, all that are left are returned.
    """
    left = [s for s in STAGES[len(walk.records) :] if not walk.located[s.id].missing]
    if not walk.main_started():
        return left
    in_main = _in_main(walk)
    return [
        stage
        for stage in left
        if stage.on_main_goroutine and not (in_main and isinstance(stage, MainMain))
    ]


def _in_main(walk: Walk) -> bool:
    """Report whether the main goroutine has called main.main, past the stop at its entry."""
    program = walk.program
    runtime = program.read()
    main = next((g for g in runtime.gs if g.goid == 1), None)
    if main is None:
        return False
    entry = next(iter(walk.located[MainMain.id].stops.values()), 0)
    frames = unwind(program, runtime, main, _MOST_FRAMES).frames
    return any(frame.function == "main.main" and frame.pc != entry for frame in frames)
