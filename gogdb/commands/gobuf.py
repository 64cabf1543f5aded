"""The command go-gobuf."""

from __future__ import annotations

from gogdb.commands.output import Arguments, Output, parse
from gogdb.commands.selection import NAMES, named
from gogdb.commands.session import session
from gogdb.runtime.address_info import AddressClassifier
from gogdb.runtime.gobuf import examine
from gogdb.runtime.gogo import loading
from gogdb.view import expr, gobuf
from gogdb.view.doc import Doc
from gogdb.view.json import gobuf as gobuf_json

__all__ = ["complete", "run"]


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-gobuf")
    parser.add_argument("gs", nargs="*", metavar="G")
    parser.add_argument("--expr", action="store_true")
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    gs = named(program, runtime, options.gs)
    sense = AddressClassifier(program, runtime)
    found = (examine(program, runtime, g, sense) for g in gs)
    with Output.open(options.out) as output:
        if options.json:
            rows = [gobuf_json.gobuf(saved) for saved in found]
            output.json({"go_version": runtime.go_version, "gobufs": rows})
        else:
            typed = program.target.binary.has_debug_info
            for number, saved in enumerate(found):
                if number:
                    output.line()
                hand = expr.equivalent_commands(expr.gobuf(saved), typed) if options.expr else ()
                output.doc(Doc(gobuf.parts(saved, loading(program, saved.g, sense), hand)))


def complete(words: str) -> list[str]:
    return [*NAMES, "--expr", "--json", "--out"]
