"""The command `gogdb`, which starts GDB with gogdb loaded. Each subcommand has a file here."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gogdb import __version__
from gogdb.cli import atlas, bundle, core, demo, doctor, fixture, record, report
from gogdb.cli.lines import broken
from gogdb.cli.parser import Parser, add_tools
from gogdb.cli.program import find_program
from gogdb.errors import GogdbError
from gogdb.launch import debugger
from gogdb.launch.core import check_core
from gogdb.launch.tools import find_gdb

__all__ = ["main"]

_USAGE = """\
gogdb [options] PROGRAM [ARGS...]
       gogdb [options] --core CORE [PROGRAM]
       gogdb [options] -p PID
       gogdb COMMAND [options]"""

_COMMANDS = """\
commands (a program of that name is ./NAME):
  demo      watch a Go program boot, stage by stage
  report    write a Go program's boot as a page for a browser, or compare two
  record    write a Go program's boot as a recording of a terminal, for asciinema
  atlas     write the boots of several Go releases as one page
  fixture   build one of the Go programs that come with gogdb
  core      write a core file in which goroutines are threads
  bundle    write gogdb as one file, for a machine without pip or network
  doctor    check GDB, Go and permissions, and say what to do

`gogdb COMMAND --help` explains a command; inside GDB, see `help go-boot`.
"""

_SUBCOMMANDS: dict[str, tuple[Callable[[], Parser], Callable[[argparse.Namespace], int]]] = {
    "demo": (demo.make_parser, demo.run),
    "report": (report.make_parser, report.run),
    "record": (record.make_parser, record.run),
    "atlas": (atlas.make_parser, atlas.run),
    "fixture": (fixture.make_parser, fixture.run),
    "core": (core.make_parser, core.run),
    "bundle": (bundle.make_parser, bundle.run),
    "doctor": (doctor.make_parser, doctor.run),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    own, rest = _split(list(sys.argv[1:] if argv is None else argv))
    options = _launcher().parse_args(own)
    try:
        status = _run(options, rest)
        if sys.stdout:  # None if the shell has closed it
            sys.stdout.flush()
        return status
    except GogdbError as error:
        print(broken(f"gogdb: {error}", sys.stderr), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe has ended, as `head` does
        if sys.stdout:  # which Python flushes at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def _run(options: argparse.Namespace, rest: list[str]) -> int:
    """Run a subcommand, or become GDB on a program."""
    if rest and rest[0] in _SUBCOMMANDS and not (options.core or options.pid):
        make_parser, run = _SUBCOMMANDS[rest[0]]
        options = make_parser().parse_args(rest[1:], options)
        return run(options)
    return _debug(options, rest)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Split into the options of `gogdb` itself and the rest: a subcommand or a program."""
    end = 0
    while end < len(words) and words[end].startswith("-") and words[end] != "--":
        end += 2 if words[end] in ("--gdb", "--go", "--core", "-p", "--pid") else 1
    rest = words[end:]
    return words[:end], rest[1:] if rest[:1] == ["--"] else rest


def _launcher() -> Parser:
    parser = Parser(
        "gogdb",
        usage=_USAGE,
        description="Start GDB with gogdb loaded, to look into the runtime of a live Go program.",
        epilog=_COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"gogdb {__version__}")
    parser.add_argument(
        "--core", metavar="CORE", help="read a core file, of PROGRAM if it is given"
    )
    parser.add_argument("-p", "--pid", metavar="PID", type=int, help="attach to a running program")
    add_tools(parser)
    return parser


def _debug(options: argparse.Namespace, words: list[str]) -> int:
    if options.pid:
        target = ["-p", str(options.pid)]
        target = [*target, find_program(words[0])] if words else target
    elif options.core:
        file = find_program(options.core)
        check_core(Path(file))
        target = ["--core", file, *map(find_program, words[:1])]
    elif not words:
        _launcher().error("which program?")
    else:
        target = ["--args", find_program(words[0], _SUBCOMMANDS), *words[1:]]
    debugger.start(debugger.session(find_gdb(options.gdb), target))
