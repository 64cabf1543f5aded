"""The command go-gobuf."""

from __future__ import annotations

from gogdb.host.output import Arguments, Output, parse
from gogdb.host.selecting import NAMES, named
from gogdb.host.session import session
from gogdb.runtime.gobuf import examine
from gogdb.runtime.gogo import loading
from gogdb.runtime.meaning import Sense
from gogdb.view import gobuf
from gogdb.view.doc import Doc

__all__ = ["complete", "run"]


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-gobuf")
    parser.add_argument("gs", nargs="*", metavar="G")
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    gs = named(program, runtime, options.gs)
    sense = Sense(program, runtime)
    found = (examine(program, runtime, g, sense) for g in gs)
    with Output.open(options.out) as output:
        if options.json:
            rows = [gobuf.as_json(saved) for saved in found]
            output.json({"go_version": runtime.go_version, "gobufs": rows})
        else:
            pages = [(saved, loading(program, saved.g, sense)) for saved in found]
            output.docs([Doc(gobuf.parts(saved, gogo)) for saved, gogo in pages])


def complete(words: str) -> list[str]:
    return [*NAMES, "--json", "--out"]
