"""`gogdb fixture`: build one of the Go programs that come with gogdb."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from gogdb.cli.parser import Parser, add_tools
from gogdb.errors import GogdbError
from gogdb.launch import fixture
from gogdb.launch.tools import find_go

__all__ = ["make_parser", "run"]


def make_parser() -> Parser:
    """Return the parser of its arguments."""
    parser = Parser(
        "gogdb fixture",
        description="Build a bundled Go program and print its path; without NAME, list them.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="which program")
    parser.add_argument("-o", dest="output", metavar="PATH", type=Path, help="where to build it")
    parser.add_argument(
        "--flags",
        default=shlex.join(fixture.FLAGS),
        help="flags for `go build` as one word, as in --flags='-buildmode=pie' (%(default)s)",
    )
    add_tools(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Print where the program was built; return the exit status. Raises `GogdbError`."""
    if not options.name:
        for name, about in fixture.names().items():
            print(f"{name:12}{about}")
        return 0
    fixture.check()
    try:
        flags = shlex.split(options.flags)
    except ValueError as error:
        raise GogdbError(f"cannot read --flags {options.flags}", str(error)) from None
    print(fixture.build(options.name, find_go(options.go), options.output, flags))
    return 0
