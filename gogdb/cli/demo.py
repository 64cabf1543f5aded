"""`gogdb demo`: watch a Go program boot."""

from __future__ import annotations

import argparse

from gogdb.cli.parser import Parser, add_language, add_tools
from gogdb.errors import GogdbError
from gogdb.launch import debugger, fixture
from gogdb.launch.tools import find_gdb, find_go

__all__ = ["make_parser", "run"]


def make_parser() -> Parser:
    """Return the parser of its arguments."""
    parser = Parser(
        "gogdb demo",
        description="Build a Go program and walk through its boot, from the first instruction "
        "to main.main and on. Exit status 0 means that every claim held.",
    )
    parser.add_argument("fixture", nargs="?", default="boot", help="which program (boot)")
    parser.add_argument("--step", action="store_true", help="stay in GDB, one stage at a time")
    parser.add_argument(
        "--predict", action="store_true", help="with --step: ask about each stage before it is run"
    )
    add_language(parser)
    add_tools(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Build the program and become GDB, which walks its boot. Raises `GogdbError`."""
    if options.predict and not options.step:
        raise GogdbError("--predict asks before each stage", "use it with --step")
    fixture.check()
    gdb, go = find_gdb(options.gdb), find_go(options.go)
    print(f"debugger: {gdb}\ncompiler: {go}", flush=True)
    program = fixture.build(options.fixture, go)
    print(f"program:  {program}", flush=True)
    words = (options.lang, options.step, options.fixture, options.predict)
    debugger.start(debugger.demo(gdb, program, *words))
