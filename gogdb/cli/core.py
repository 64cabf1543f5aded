"""`gogdb core`: write a core file in which goroutines are threads."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from gogdb.cli.parser import Parser, add_language, add_tools
from gogdb.cli.program import find_program
from gogdb.i18n import chosen_language
from gogdb.launch.core import check_core, write_core
from gogdb.launch.tools import find_gdb

__all__ = ["make_parser", "run"]

_FILTERS = (
    ("--status", "S", "only goroutines with this status (runnable, waiting, ...)"),
    ("--reason", "R", "only goroutines whose wait reason contains R"),
    (
        "--where",
        "PATTERN",
        "only goroutines with PATTERN in a function or file on the stack, or at a FILE:LINE",
    ),
    ("--label", "K[=V]", "only goroutines with this profiler label (pprof.Do)"),
    ("--limit", "N", "at most N goroutines with equal stacks; 0 means all (20)"),
)


def make_parser() -> Parser:
    """Return the parser of its arguments."""
    parser = Parser(
        "gogdb core",
        description="Write a copy of a core file in which every goroutine is a thread, for "
        "debuggers and editors that know threads only. CORE stays as it is. In GDB, `go-gcore` "
        "does the same, also with a running process.",
    )
    parser.add_argument("core", metavar="CORE", help="which core file")
    parser.add_argument("program", metavar="PROGRAM", nargs="?", help="the program that left it")
    parser.add_argument("-o", dest="output", metavar="FILE", required=True)
    parser.add_argument("--all", action="store_true", help="every goroutine that is not dead")
    for flag, metavar, text in _FILTERS:
        parser.add_argument(flag, metavar=metavar, help=text)
    add_language(parser)
    add_tools(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the core; return the exit status. Raises `GogdbError`."""
    core = Path(find_program(options.core)).resolve()
    check_core(core)
    program = str(Path(find_program(options.program)).resolve()) if options.program else None
    values = ((flag, getattr(options, flag[2:])) for flag, *_ in _FILTERS)
    words = [word for flag, value in values if value is not None for word in (flag, value)]
    words += ["--all"] * options.all
    output = os.path.abspath(options.output)
    lang = chosen_language(options.lang)
    print(write_core(find_gdb(options.gdb), core, program, [output, *words], lang), end="")
    return 0
