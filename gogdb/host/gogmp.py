"""The command go-gmp."""

from __future__ import annotations

from gogdb.host import parameters
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.selecting import matching
from gogdb.host.session import session
from gogdb.runtime import clock, goroutines
from gogdb.runtime.duties import duties
from gogdb.view import gmp

__all__ = ["complete", "run"]

PARTS = ("sched", "p", "m", "g")
OPTIONS = ("--status", "--reason", "--where", "--limit", "--json", "--out")


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-gmp")
    parser.add_argument("part", nargs="?", choices=PARTS)
    for option in ("--status", "--reason", "--where"):
        parser.add_argument(option)
    parser.add_argument("--limit", type=count)
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    where = goroutines.where(program, runtime)
    gs = matching(runtime, where, options.status, options.reason, options.where)
    limit = parameters.limit(options.limit)
    with Output.open(options.out) as output:
        if options.json:
            shown = gs if options.limit is None else gs[:limit]
            whole = gmp.as_json(runtime, shown, where)
            kept = {"sched": "sched", "p": "ps", "m": "ms", "g": "gs"}
            wanted = [kept[options.part]] if options.part else list(kept.values())
            output.json({key: whole[key] for key in ("go_version", *wanted)})
        else:
            parts = [options.part] if options.part else list(PARTS)
            output.doc(
                gmp.document(
                    *(runtime, parts, gs, where, limit),
                    clock=clock.read(program, runtime),
                    duties=duties(program, runtime) if "m" in parts else None,
                )
            )


def complete(words: str) -> list[str]:
    return [*PARTS, *OPTIONS]
