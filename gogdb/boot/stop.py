"""The state of the program at a stop, during the boot or while a goroutine is followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gogdb.errors import Unreadable
from gogdb.inferior.arch import Registers
from gogdb.runtime.address_info import AddressClassifier, AddressInfo
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame

__all__ = ["StopState", "read_stop"]

WORDS_ABOVE, WORDS_BELOW = 24, 2  # read around sp, for pictures of the innermost frames
WORDS_NEAR_HI = 8  # read below the hi of the goroutine's stack


@dataclass(frozen=True)
class StopState:
    """The selected thread, the scheduler and the stack words near the registers, at one stop."""

    label: str  # of the stop, within its stage
    lwp: int
    registers: Registers
    tls_slot: int  # address
    tls_g: int  # the word in the slot, 0 if it cannot be read
    tls_g_label: str  # "g0", "g1"; "" if the word is not the address of a g
    function: str
    offset: int  # of the pc in the function, bytes
    file: str
    line: int
    runtime: Runtime
    frames: Sequence[Frame]  # of the selected thread
    words: Mapping[int, int]  # stack words by address
    word_info: Mapping[int, AddressInfo]  # what the values of `words` are, by stack address
    register_info: Mapping[str, AddressInfo]  # what the registers' values are, and "tls"
    gobuf_info: Mapping[int, AddressInfo]  # what the words of the gobufs are, by value
    names: Mapping[int, str]  # of structures that `runtime` may not list yet, by address
    classifier: AddressClassifier = field(repr=False)

    @property
    def pc(self) -> int:
        """The program counter."""
        return self.registers.pc

    @property
    def sp(self) -> int:
        """The stack pointer."""
        return self.registers.sp

    def name(self, address: int) -> str:
        """Return the name of a g, m or p, also of one that no list of the runtime has yet."""
        return self.names.get(address) or self.runtime.name(address)


def read_stop(
    program: Program,
    runtime: Runtime,
    label: str,
    *,
    g0: G,
    goroutine: G | None,
    slots: Iterable[int] = (),
    earlier_frames: Sequence[Frame] = (),
    entry_sp: int = 0,
    after_call: bool = False,
) -> StopState:
    """Read the state of the program, which has just stopped.

    `g0` and `goroutine` are the gs whose stacks and gobufs are displayed, `slots` addresses of
    further stack words to read. `earlier_frames` are the frames at the stop before: fp may still
    point into one, on the stack that the thread has left. `entry_sp` is sp at the program's entry
    point, 0 if unknown. With `after_call` the source line is that of the call that has just
    returned.
    """
    target = program.target
    registers = target.registers()
    thread = target.selected_thread()
    pc, sp, fp = registers.pc, registers.sp, registers.fp
    tls_g = program.current_g(registers)
    names = {runtime.m0: "m0", runtime.g0: "g0"}
    if goroutine:
        names[goroutine.address] = goroutine.label
    current = runtime.g(tls_g)
    if current is None and goroutine and tls_g == goroutine.address:  # not on allgs yet
        current = goroutine
    function, offset, file, line = program.locate(pc)
    if after_call:
        file, line = program.locate(pc - 1)[2:]
    frames = program.unwind_thread(pc, sp, runtime, exact=not after_call).frames
    gs = [goroutine] if goroutine else []
    classifier = AddressClassifier(program, runtime, [*frames, *earlier_frames], gs, entry_sp)
    words = _words(program, sp - 8 * WORDS_BELOW, WORDS_ABOVE + WORDS_BELOW)
    if goroutine:
        words |= _words(program, goroutine.stack.hi - 8 * WORDS_NEAR_HI, WORDS_NEAR_HI)
    for address in {fp, g0.sched.sp, *(f.return_slot for f in frames), *slots}:
        if address and address not in words and runtime.stack_owner(address):
            words |= _words(program, address, 1)
    register_info = {name: classifier.classify(value) for name, value in registers.items()}
    register_info[program.arch.fp] = classifier.classify_fp(fp)
    register_info["tls"] = classifier.classify(tls_g)
    gobufs = [g.sched for g in (g0, *gs)]
    gobuf_words = {word for b in gobufs for word in (b.sp, b.pc, b.g, b.ctxt, b.bp, b.ret or 0)}
    return StopState(
        label=label,
        lwp=thread.lwp if thread else 0,
        registers=registers,
        tls_slot=program.g_slot(registers),
        tls_g=tls_g,
        tls_g_label=current.label if current else "",
        function=function,
        offset=offset,
        file=file,
        line=line,
        runtime=runtime,
        frames=frames,
        words=words,
        word_info={address: classifier.classify(value) for address, value in words.items()},
        register_info=register_info,
        gobuf_info={value: classifier.classify(value) for value in gobuf_words},
        names=names,
        classifier=classifier,
    )


def _words(program: Program, start: int, count: int) -> dict[int, int]:
    """Return `count` words from `start` up, by address; {} if they cannot be read."""
    try:
        values = program.reader.words(start, count)
    except Unreadable:
        return {}
    return {start + 8 * i: value for i, value in enumerate(values)}
