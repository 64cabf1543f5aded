"""`gogdb bundle`: write gogdb as one file for a machine without pip or network."""

from __future__ import annotations

import argparse
import os

from gogdb.cli.parser import Parser
from gogdb.launch import bundle

__all__ = ["make_parser", "run"]

_KIB = 1024


def make_parser() -> Parser:
    """Return the parser of its arguments."""
    parser = Parser(
        "gogdb bundle",
        description="Write gogdb and the Python packages that it needs as one zip archive, from "
        "which GDB's Python and python3 run it as it is.",
    )
    parser.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        default=bundle.default_name(),
        help="FILE, or a directory for %(default)s",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the archive, and print what is in it; return the exit status. Raises `GogdbError`."""
    output = options.output
    if os.path.isdir(output):
        output = os.path.join(output, bundle.default_name())
    contents = bundle.parts()
    size = bundle.bundle(contents, output)
    for part in contents:
        kib = sum(map(len, part.files.values())) / _KIB
        print(f"{part.name:12}{part.version:8}{kib:8,.0f} KiB  {part.licence}")
    print(f"{output} written, {size / _KIB:,.0f} KiB; the licences are in it, below licenses/")
    return 0
