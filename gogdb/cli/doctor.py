"""`gogdb doctor`: check what gogdb needs, or what it can read of a program."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from gogdb.cli.lines import broken
from gogdb.cli.parser import Parser, add_tools
from gogdb.cli.program import find_program
from gogdb.finding import Finding
from gogdb.launch import doctor
from gogdb.launch.core import check_core
from gogdb.launch.tools import find_gdb

__all__ = ["make_parser", "run"]

_INDENT = " " * 8  # of what follows a verdict


def make_parser() -> Parser:
    """Return the parser of its arguments."""
    parser = Parser(
        "gogdb doctor",
        description="Check what gogdb needs, and say how to correct what is wrong. With a program, "
        "check what can be read of it, and from what: debug information, symbol table, type "
        "descriptors, or code.",
    )
    parser.add_argument("program", nargs="?", help="which program")
    parser.add_argument("--core", metavar="CORE", help="also read this core file of the program")
    parser.add_argument(
        "-p", "--pid", metavar="PID", type=int, help="also read this process, which stops meanwhile"
    )
    add_tools(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Print what was found; return the exit status. Raises `GogdbError`."""
    healthy = True
    for finding in _findings(options):
        print(broken(str(finding), sys.stdout, _INDENT), flush=True)
        healthy = healthy and finding.verdict != "not ok"
    return 0 if healthy else 1


def _findings(options: argparse.Namespace) -> Iterator[Finding]:
    program = Path(find_program(options.program)).resolve() if options.program else None
    memory: list[str] = []
    if options.core:
        core = Path(find_program(options.core)).resolve()
        check_core(core)
        memory = ["--core", str(core)]
    elif options.pid:
        memory = ["-p", str(options.pid)]
    if program or memory:
        return doctor.examine_program(find_gdb(options.gdb), program, memory)
    return doctor.examine(options.gdb, options.go)
