"""The command go-gobuf."""

from __future__ import annotations

from gogdb.errors import Unreadable
from gogdb.host.output import Arguments, Output, parse
from gogdb.host.selecting import NAMES, named
from gogdb.host.session import session
from gogdb.runtime import goroutines
from gogdb.runtime.meaning import Meaning, Sense
from gogdb.runtime.model import G, Runtime
from gogdb.runtime.program import Program
from gogdb.view import gobuf
from gogdb.view.doc import Doc, Heading, Note, Part
from gogdb.view.words import meaning

__all__ = ["complete", "run"]


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-gobuf")
    parser.add_argument("gs", nargs="*", metavar="G")
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    gs = named(program, runtime, options.gs)
    sense = Sense(program, runtime)
    with Output.open(options.out) as output:
        if options.json:
            rows = [gobuf.as_json(g, _meanings(g, sense), returns_to(program, g)) for g in gs]
            output.json({"go_version": runtime.go_version, "gobufs": rows})
        else:
            output.docs([_doc(program, runtime, g, sense) for g in gs])


def _doc(program: Program, runtime: Runtime, g: G, sense: Sense) -> Doc:
    m = runtime.m(g.m)
    at_work = m is not None and g.address in (m.curg, m.g0, m.gsignal)
    thread = goroutines.thread_of(program, m) if at_work else None
    registers = program.target.registers(thread) if thread else None
    if registers is not None and registers["rsp"] not in g.stack:
        registers = None  # the thread is on another of its M's stacks
    shown: list[Part] = [Heading(f"gobuf of {runtime.name(g.address)}", 2, aside=g.status)]
    if g.unreadable:
        return Doc([*shown, Note(g.unreadable, "bad")])
    shown.append(gobuf.table(g, _meanings(g, sense), registers))
    back = returns_to(program, g)
    if back is not None:
        slot, pc = back
        told = f"the return address that waits at {slot:#x} is {pc:#x}: {meaning(sense.of(pc))}"
        shown.append(Note(told))
    elif not g.sched.sp:
        shown.append(Note("sp is 0: nothing is saved in it now"))
    return Doc(shown)


def _meanings(g: G, sense: Sense) -> dict[str, Meaning]:
    return {field: sense.of(word) for field, word in gobuf.words(g.sched).items()}


def returns_to(program: Program, g: G) -> tuple[int, int] | None:
    """The slot and the return address that await the function which the gobuf goes on in.

    At sp itself only for a goroutine that has not run yet; otherwise the function's frame
    lies between.
    """
    if not g.sched.sp:
        return None
    frames = program.saved_frames(g._replace(syscallsp=0), 1).frames
    if not frames:
        return None
    slot = frames[0].return_slot
    try:
        return slot, program.reader.word(slot)
    except Unreadable:
        return None


def complete(words: str) -> list[str]:
    return [*NAMES, "--json", "--out"]
