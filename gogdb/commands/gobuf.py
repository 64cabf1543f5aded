"""The command go-gobuf."""

from __future__ import annotations

from gogdb.commands.arguments import ABOUT_G, EXPR, GOROUTINES
from gogdb.commands.declaration import Command

TYPE_CHECKING = False  # without importing typing
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
    from gogdb.view.doc.document import Doc, Note
    from gogdb.view.expr import Expr
    from gogdb.view.json import gobuf as gobuf_json
    from gogdb.view.json.problems import problems

    program = session().stopped()
    runtime = program.read(unwinds=True)
    gs = named(program, runtime, options.gs)
    classifier = AddressClassifier(program, runtime)
    gobufs = (examine(program, runtime, g, classifier) for g in gs)
    with Output.open(options.out) as output:
        if options.json:
            answer = {
                "go_version": runtime.go_version,
                "problems": problems(runtime),
                "gobufs": [gobuf_json.gobuf(saved) for saved in gobufs],
                "notes": [*runtime.notes, *program.later_notes(runtime)],
            }
            output.json(answer)
            return
        expr = Expr.of(program.target.binary) if options.expr else None
        for number, saved in enumerate(gobufs):
            if number:
                output.line()
            instructions = annotate_gogo(program, saved.g, classifier)
            output.doc(Doc(gobuf.parts(runtime, saved, instructions, expr)))
        if notes := [*runtime.notes, *program.later_notes(runtime)]:
            output.doc(Doc([Note(note, "warn") for note in notes]))
