"""`gogdb doctor`: check what gogdb needs."""

from __future__ import annotations

import argparse

from gogdb.cli.parser import Parser, add_tools
from gogdb.launch import doctor

__all__ = ["make_parser", "run"]


def make_parser() -> Parser:
    """Return the parser of its arguments."""
    parser = Parser(
        "gogdb doctor",
        description="Check what gogdb needs, and say how to correct what is wrong.",
    )
    add_tools(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Print what was found; return the exit status. Raises `GogdbError`."""
    healthy = True
    for finding in doctor.examine(options.gdb, options.go):
        print(finding, flush=True)
        healthy = healthy and finding.verdict != "not ok"
    return 0 if healthy else 1
