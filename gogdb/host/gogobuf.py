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
            rows = [
                gobuf.as_json(g, _meanings(g, sense), returns_to(program, g)) for g in gs
            ]
            output.json({"go_version": runtime.go_version, "gobufs": rows})
        else:
            output.docs([_doc(program, runtime, g, sense) for g in gs])


def _doc(program: Program, runtime: Runtime, g: G, sense: Sense) -> Doc:
    m = runtime.m(g.m)
    at_work = m is not None and g.address in (m.curg, m.g0, m.gsignal)
    thread = goroutines.thread_of(program, m) if at_work else None
    registers = program.target.registers(thread) if thread else None
    shown: list[Part] = [Heading(f"gobuf of {runtime.name(g.address)}", 2, aside=g.status)]
    if g.unreadable:
        return Doc([*shown, Note(g.unreadable, "bad")])
    shown.append(gobuf.table(g, _meanings(g, sense), registers))
    back = returns_to(program, g)
    if back is not None:
        shown.append(Note(f"the word at sp is {back:#x}: {meaning(sense.of(back))}"))
    elif not g.sched.sp:
        shown.append(Note("sp is 0: gogo has loaded it, and nothing was saved since"))
    return Doc(shown)


def _meanings(g: G, sense: Sense) -> dict[str, Meaning]:
    return {field: sense.of(getattr(g.sched, field)) for field in gobuf.LOADS}


def returns_to(program: Program, g: G) -> int | None:
    """The word that waits at the gobuf's sp; None when there is none to read."""
    if not g.sched.sp:
        return None
    try:
        return program.reader.word(g.sched.sp)
    except Unreadable:
        return None


def complete(words: str) -> list[str]:
    return [*NAMES, "--json", "--out"]
