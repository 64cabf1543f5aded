"""The command go-gobuf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gogdb.commands.arguments import ABOUT_G, EXPR, GOROUTINES
from gogdb.commands.declaration import Command

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["COMMAND", "run"]

COMMAND = Command(
    "go-gobuf",
    "Show gobufs word by word: what gogo would load to make a goroutine run.",
    "COMMAND_STATUS",
    arguments=(GOROUTINES,),
    options=(EXPR,),
    about=(ABOUT_G,),
    examples=("go-gobuf g0 1",),
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-gobuf."""
    from gogdb.commands.output import Output
    from gogdb.commands.selection import named
    from gogdb.commands.session import session
    from gogdb.runtime.address_info import AddressClassifier
    from gogdb.runtime.gobuf import examine
    from gogdb.runtime.gogo import annotate_gogo
    from gogdb.view import gobuf
    from gogdb.view.doc import Doc, Note
    from gogdb.view.expr import Expr
    from gogdb.view.json import gobuf as gobuf_json

    program = session().stopped()
    runtime = program.read(unwinds=True)
    gs = named(program, runtime, options.gs)
    sense = AddressClassifier(program, runtime)
    found = (examine(program, runtime, g, sense) for g in gs)
    with Output.open(options.out) as output:
        if options.json:
            rows = [gobuf_json.gobuf(saved) for saved in found]
            notes = list(runtime.notes)
            output.json({"go_version": runtime.go_version, "gobufs": rows, "notes": notes})
            return
        expr = Expr(program.target.binary.has_debug_info) if options.expr else None
        for number, saved in enumerate(found):
            if number:
                output.line()
            output.doc(Doc(gobuf.parts(saved, annotate_gogo(program, saved.g, sense), expr)))
        if runtime.notes:
            output.doc(Doc([Note(note, "warn") for note in runtime.notes]))
