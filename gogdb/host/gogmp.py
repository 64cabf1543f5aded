"""The command go-gmp."""

from __future__ import annotations

from gogdb.host import parameters
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.selecting import matching
from gogdb.host.session import session
from gogdb.runtime import goroutines
from gogdb.view import expr, gmp

__all__ = ["complete", "run"]

PARTS = ("sched", "p", "m", "g")
OPTIONS = ("--status", "--reason", "--where", "--limit", "--expr", "--json", "--out")


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-gmp")
    parser.add_argument("part", nargs="?", choices=PARTS)
    for option in ("--status", "--reason", "--where"):
        parser.add_argument(option)
    parser.add_argument("--limit", type=count)
    parser.add_argument("--expr", action="store_true")
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
            hands = {}
            if options.expr:
                hands = expr.gmp(runtime, gs[:limit], program.target.binary.has_debug_info)
            output.doc(gmp.document(runtime, parts, gs, where, limit, hands))


def complete(words: str) -> list[str]:
    return [*PARTS, *OPTIONS]
