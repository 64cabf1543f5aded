"""`gogdb report`: write a page of a boot, or of two."""

from __future__ import annotations

import argparse
from pathlib import Path

from gogdb.cli.parser import Parser, ParserWithArguments, add_env, add_language, add_tools
from gogdb.cli.program import program_to_walk
from gogdb.errors import GogdbError
from gogdb.i18n import chosen_language
from gogdb.launch import debugger
from gogdb.launch.tools import find_gdb

__all__ = ["make_parser", "run"]


def make_parser() -> Parser:
    """Return the parser of its arguments."""
    parser = ParserWithArguments(
        "gogdb report",
        usage="gogdb report [options] [PROGRAM] -o FILE [-- ARGS...]\n"
        "       gogdb report --compare A.json B.json -o FILE.html",
        description="Walk through the boot of a Go program and write a report of it. "
        "Exit status 0 means that every claim held.",
    )
    parser.add_argument("program", nargs="?", help="which program (the bundled boot)")
    parser.add_argument(
        "-o", dest="output", metavar="FILE", required=True, help="FILE.html, FILE.md or FILE.json"
    )
    parser.add_argument(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("A.json", "B.json"),
        help="put two recorded walks side by side",
    )
    add_env(parser)
    add_language(parser)
    add_tools(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the page; return the exit status. Raises `GogdbError`."""
    if options.compare:
        if options.program or options.arguments:
            raise GogdbError("--compare takes no program", "give two recorded walks alone")
        from gogdb.launch.compare import compare

        first, second = options.compare
        compare(first, second, Path(options.output), chosen_language(options.lang))
        print(f"{options.output} written")
        return 0
    gdb, program = find_gdb(options.gdb), program_to_walk(options)
    words = (options.arguments, options.lang, options.output, options.env)
    return debugger.start(debugger.report(gdb, program, *words))
