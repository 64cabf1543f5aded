"""`gogdb record`: write a boot as a recording of a terminal."""

from __future__ import annotations

import argparse
from collections.abc import Callable
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
        "gogdb record",
        usage="gogdb record [options] [PROGRAM] -o FILE.cast [-- ARGS...]\n"
        "       gogdb record [options] WALK.json -o FILE.cast",
        description="Write the boot of a Go program as an asciicast: a recording of a terminal, "
        "with a marker at each stage, for asciinema and its web player. WALK.json is what "
        "`gogdb report -o WALK.json` has written. Exit status 0 means that every claim held.",
    )
    parser.add_argument("program", nargs="?", help="which program (the bundled boot)")
    parser.add_argument("-o", dest="output", metavar="FILE.cast", required=True)
    sizes = (("--width", "columns", (60, 160), 100), ("--height", "lines", (24, 100), 30))
    for option, what, limits, default in sizes:
        text = f"{what} of the terminal, {limits[0]} to {limits[1]} (%(default)s)"
        parser.add_argument(option, metavar="N", type=_within(*limits), default=default, help=text)
    parser.add_argument(
        "--idle-time-limit",
        metavar="SECONDS",
        type=_within(1, 60),
        default=10,
        help="the longest pause for reading, 1 to 60 (%(default)s: the boot plays for some five "
        "minutes, and with 3 for two)",
    )
    parser.add_argument(
        "--format",
        choices=("v2", "v3"),
        default="v2",
        help="the asciicast format; asciinema 2 plays v2 only (%(default)s)",
    )
    add_env(parser)
    add_language(parser)
    add_tools(parser)
    return parser


def _within(least: int, most: int) -> Callable[[str], int]:
    """Return a function that reads a number between two others."""

    def number(word: str) -> int:
        if least <= int(word) <= most:
            return int(word)
        raise argparse.ArgumentTypeError(f"{word} is not between {least} and {most}")

    return number


def run(options: argparse.Namespace) -> int:
    """Write the recording; return the exit status. Raises `GogdbError`."""
    if not options.output.endswith(".cast"):
        raise GogdbError(
            f"cannot write an asciicast as {options.output}", "name a file that ends in .cast"
        )
    how = {
        "width": options.width,
        "height": options.height,
        "version": int(options.format.removeprefix("v")),
        "longest_pause": float(options.idle_time_limit),
    }
    if options.program and options.program.endswith(".json"):
        if options.arguments or options.env:
            raise GogdbError(
                "a recorded walk takes no arguments and no --env", "give them to `gogdb report`"
            )
        from gogdb.launch.record import record

        count = record(Path(options.program), options.output, chosen_language(options.lang), **how)
        print(f"{count} {'stage' if count == 1 else 'stages'} written to {options.output}")
        return 0
    gdb, program = find_gdb(options.gdb), program_to_walk(options)
    words = (options.arguments, options.lang, options.output, options.env)
    return debugger.start(debugger.record(gdb, program, *words, **how))
