"""`gogdb atlas`: write the boots of several Go releases as one page."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from gogdb.cli.parser import Parser, add_language
from gogdb.errors import GogdbError
from gogdb.i18n import chosen_language, counted
from gogdb.launch.tools import find_gdb

__all__ = ["make_parser", "run"]


def make_parser() -> Parser:
    """Return the parser of its arguments."""
    parser = Parser(
        "gogdb atlas",
        usage="gogdb atlas [options] -o FILE.html [WALK.json ...]",
        description="Write the boots of several Go releases as one page, with what each release "
        "changed. Without recorded walks, the bundled program is built and walked with every Go "
        "at hand.",
    )
    parser.add_argument(
        "walks",
        nargs="*",
        type=Path,
        metavar="WALK.json",
        help="recorded walks, as `gogdb report -o WALK.json` writes them",
    )
    parser.add_argument(
        "-o", dest="output", metavar="FILE", type=Path, required=True, help="FILE.html"
    )
    add_language(parser)
    parser.add_argument("--gdb", metavar="PATH", help="the debugger to use (also GOGDB_GDB)")
    parser.add_argument(
        "--go",
        dest="gos",
        metavar="PATH",
        action="append",
        default=[],
        help="a Go to build with instead of every Go at hand; may be repeated",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the page; return the exit status. Raises `GogdbError`."""
    from gogdb.launch import atlas

    gos = [*options.gos, *([options.go] if options.go else [])]
    if options.walks and gos:
        raise GogdbError("--go builds programs to walk", "leave it out, or the recorded walks")
    atlas.check(options.output)
    with TemporaryDirectory() as scratch:
        walks = options.walks or atlas.record(find_gdb(options.gdb), gos, Path(scratch))
        count = atlas.write(walks, options.output, chosen_language(options.lang))
    print(f"{options.output} written, of {count} {counted(count):release|releases}")
    return 0
