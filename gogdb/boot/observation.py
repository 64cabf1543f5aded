"""What is observed at one stop of the boot: plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gogdb.boot.process_stack import ProcessArguments
from gogdb.boot.start_variables import StartVariables, read_start_variables
from gogdb.boot.stop import StopState, read_stop
from gogdb.boot.text_sizes import TextSizes, read_text_sizes
from gogdb.runtime.model import G, M
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame

__all__ = ["Observation", "observe"]


@dataclass(frozen=True)
class Observation(StopState):
    """The program at one stop of a stage."""

    m0: M
    g0: G
    main_goroutine: G | None  # the main goroutine, once newproc1 has its g
    process: ProcessArguments | None  # as the entry point saw them; None if it was missed
    variables: StartVariables
    text_sizes: TextSizes | None  # of the function, at a stage that asks for them

    @property
    def g1(self) -> G:
        """The main goroutine, which exists from the stage malg on."""
        assert self.main_goroutine is not None, "asked before newproc1 had its g"
        return self.main_goroutine

    @property
    def own_gs(self) -> Sequence[G]:
        """The gs that the walk watches; the runtime may not list them yet."""
        return [g for g in (self.g0, self.main_goroutine) if g]

    @property
    def own_m(self) -> M:
        """The M whose boot this is."""
        return self.m0

    @property
    def tls_offset(self) -> int:
        """The distance from the thread pointer to the TLS slot, in bytes."""
        return self.tls_slot - self.registers.thread_pointer


def observe(
    program: Program,
    label: str,
    *,
    main_g: int = 0,
    process: ProcessArguments | None = None,
    earlier_frames: Sequence[Frame] = (),
    text_sizes: bool = False,
) -> Observation:
    """Observe the program, which has just stopped.

    `main_g` is the address of the main goroutine, 0 while there is none, `process` what was on
    the stack at the entry point, `earlier_frames` the frames at the stop before. `text_sizes`
    says whether to read the sizes of the function that the program is in.
    """
    reader, runtime = program.reader, program.read().detached()
    g0 = reader.g(runtime.g0, "g0")
    main = reader.g(main_g) if main_g else None
    state = read_stop(
        program,
        runtime,
        label,
        g0=g0,
        goroutine=main,
        earlier_frames=earlier_frames,
        entry_sp=process.sp if process else 0,
    )
    return Observation(
        **vars(state),
        m0=reader.m(runtime.m0),
        g0=g0,
        main_goroutine=main,
        process=process,
        variables=read_start_variables(program),
        text_sizes=read_text_sizes(program, state.pc) if text_sizes else None,
    )
