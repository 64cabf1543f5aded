"""The command `gogdb`, which starts GDB with gogdb loaded."""

from __future__ import annotations

import argparse
import difflib
import os
import shlex
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from gogdb import __version__
from gogdb.errors import GogdbError
from gogdb.i18n import LANGUAGES, counted, locale_language
from gogdb.launch import debugger, doctor, fixture
from gogdb.launch.core import check_core
from gogdb.launch.tools import find_gdb, find_go

__all__ = ["main"]

_USAGE = """\
gogdb [options] PROGRAM [ARGS...]
       gogdb [options] --core CORE PROGRAM
       gogdb [options] -p PID
       gogdb COMMAND [options]"""

_COMMANDS = """\
commands (a program of that name is ./NAME):
  demo      watch a Go program boot, stage by stage
  report    write a Go program's boot as a page for a browser, or compare two
  record    write a Go program's boot as a recording of a terminal, for asciinema
  atlas     write the boots of several Go releases as one page
  fixture   build one of the Go programs that come with gogdb
  doctor    check GDB, Go and permissions, and say what to do

`gogdb COMMAND --help` explains a command; inside GDB, see `help go-boot`.
"""


class _Parser(argparse.ArgumentParser):
    unknown_hint = ""  # said after words that are not understood

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"gogdb: {message} (see {self.prog} --help)\n")

    def parse_args(self, args: Sequence[str], namespace: Any = None) -> Any:  # type: ignore[override]
        """Parse as argparse does; for an unknown option, suggest the closest one."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            hint = self._closest(unknown[0]) or self.unknown_hint
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return options

    def _closest(self, word: str) -> str:
        flag = word.partition("=")[0]
        return _suggestion(flag, self._option_string_actions) if flag.startswith("-") else ""


def _suggestion(word: str, known: Iterable[str]) -> str:
    """Return a question that names the word of `known` closest to `word`, "" if none is close."""
    close = difflib.get_close_matches(word, list(known), 1)
    return f", did you mean {close[0]}?" if close else ""


def _broken(text: str) -> str:
    """Return an error as lines that fit the terminal, which would break it within a word."""
    if not sys.stderr.isatty():
        return text
    columns = shutil.get_terminal_size().columns
    return textwrap.fill(text, columns, break_long_words=False, break_on_hyphens=False)


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
        print(_broken(f"gogdb: {error}"), file=sys.stderr)
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
        options = make_parser(rest[0]).parse_args(rest[1:], options)
        return run(options)
    return _debug(options, rest)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Split into the options of `gogdb` itself and the rest: a subcommand or a program."""
    end = 0
    while end < len(words) and words[end].startswith("-") and words[end] != "--":
        end += 2 if words[end] in ("--gdb", "--go", "--core", "-p", "--pid") else 1
    rest = words[end:]
    return words[:end], rest[1:] if rest[:1] == ["--"] else rest


def _launcher() -> _Parser:
    parser = _Parser(
        "gogdb",
        usage=_USAGE,
        description="Start GDB with gogdb loaded, to look into the runtime of a live Go program.",
        epilog=_COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"gogdb {__version__}")
    parser.add_argument("--core", metavar="CORE", help="read a core file of PROGRAM")
    parser.add_argument("-p", "--pid", metavar="PID", type=int, help="attach to a running program")
    _add_tools(parser)
    return parser


def _add_tools(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gdb", metavar="PATH", help="the debugger to use (also GOGDB_GDB)")
    parser.add_argument("--go", metavar="PATH", help="the Go to build with (also GOGDB_GO)")


def _add_language(parser: argparse.ArgumentParser) -> None:
    known = ("auto", *LANGUAGES)
    text = "the language; auto: the language of the locale"
    parser.add_argument("--lang", choices=known, default="auto", help=text)


def _language(options: argparse.Namespace) -> str:
    """Return the language of `--lang`."""
    return locale_language(os.environ) if options.lang == "auto" else options.lang


def _add_env(parser: argparse.ArgumentParser) -> None:
    text = "keep the values of the environment variables"
    parser.add_argument("--env", action="store_true", help=text)


def _debug(options: argparse.Namespace, words: list[str]) -> int:
    if options.pid:
        target = ["-p", str(options.pid)]
        target = [*target, _program(words[0])] if words else target
    elif not words:
        _launcher().error("which program?")
    elif options.core:
        core = _program(options.core)
        check_core(Path(core))
        target = ["--core", core, _program(words[0])]
    else:
        target = ["--args", _program(words[0], _SUBCOMMANDS), *words[1:]]
    debugger.start(debugger.session(find_gdb(options.gdb), target))


def _program(word: str, commands: Iterable[str] = ()) -> str:
    """Return the path of a file; `commands` may have been meant instead of a file."""
    path = word if os.path.isfile(word) else shutil.which(word)
    if not path:
        hint = f"give the path of an existing file{_suggestion(word, commands)}"
        raise GogdbError(f"no file {word}", hint)
    return path


def _demo_parser(name: str) -> _Parser:
    parser = _Parser(
        f"gogdb {name}",
        description="Build a Go program and walk through its boot, from the first instruction "
        "to main.main and on. Exit status 0 means that every claim held.",
    )
    parser.add_argument("fixture", nargs="?", default="boot", help="which program (boot)")
    parser.add_argument("--step", action="store_true", help="stay in GDB, one stage at a time")
    parser.add_argument(
        "--predict", action="store_true", help="with --step: ask about each stage before it is run"
    )
    _add_language(parser)
    _add_tools(parser)
    return parser


def _demo(options: argparse.Namespace) -> int:
    if options.predict and not options.step:
        raise GogdbError("--predict asks before each stage", "use it with --step")
    gdb, go = find_gdb(options.gdb), find_go(options.go)
    print(f"debugger: {gdb}\ncompiler: {go}", flush=True)
    program = fixture.build(options.fixture, go)
    print(f"program:  {program}", flush=True)
    words = (options.lang, options.step, options.fixture, options.predict)
    debugger.start(debugger.demo(gdb, program, *words))


class _WithArguments(_Parser):
    """A parser that leaves all that follows `--` to the program, in `arguments`."""

    unknown_hint = "; the program's own arguments follow --"

    def parse_args(self, args: Sequence[str], namespace: Any = None) -> Any:  # type: ignore[override]
        end = args.index("--") if "--" in args else len(args)
        options = super().parse_args(args[:end], namespace)
        options.arguments = args[end + 1 :]
        return options


def _report_parser(name: str) -> _Parser:
    parser = _WithArguments(
        f"gogdb {name}",
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
    _add_env(parser)
    _add_language(parser)
    _add_tools(parser)
    return parser


def _report(options: argparse.Namespace) -> int:
    if options.compare:
        if options.program or options.arguments:
            raise GogdbError("--compare takes no program", "give two recorded walks alone")
        from gogdb.launch.compare import compare

        first, second = options.compare
        compare(first, second, Path(options.output), _language(options))
        print(f"{options.output} written")
        return 0
    gdb, program = find_gdb(options.gdb), _program_to_walk(options)
    words = (options.arguments, options.lang, options.output, options.env)
    return debugger.start(debugger.report(gdb, program, *words))


def _record_parser(name: str) -> _Parser:
    parser = _WithArguments(
        f"gogdb {name}",
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
        "--format",
        choices=("v2", "v3"),
        default="v2",
        help="the asciicast format; asciinema 2 plays v2 only (%(default)s)",
    )
    _add_env(parser)
    _add_language(parser)
    _add_tools(parser)
    return parser


def _within(least: int, most: int) -> Callable[[str], int]:
    """Return a function that reads a number between two others."""

    def number(word: str) -> int:
        if least <= int(word) <= most:
            return int(word)
        raise argparse.ArgumentTypeError(f"{word} is not between {least} and {most}")

    return number


def _record(options: argparse.Namespace) -> int:
    if not options.output.endswith(".cast"):
        raise GogdbError(
            f"cannot write an asciicast as {options.output}", "name a file that ends in .cast"
        )
    how = {
        "width": options.width,
        "height": options.height,
        "version": int(options.format.removeprefix("v")),
    }
    if options.program and options.program.endswith(".json"):
        if options.arguments or options.env:
            raise GogdbError(
                "a recorded walk takes no arguments and no --env", "give them to `gogdb report`"
            )
        from gogdb.launch.record import record

        count = record(Path(options.program), options.output, _language(options), **how)
        print(f"{count} {'stage' if count == 1 else 'stages'} written to {options.output}")
        return 0
    gdb, program = find_gdb(options.gdb), _program_to_walk(options)
    words = (options.arguments, options.lang, options.output, options.env)
    return debugger.start(debugger.record(gdb, program, *words, **how))


def _program_to_walk(options: argparse.Namespace) -> Path:
    """Return the program that the user names, or the bundled one, which is built."""
    if options.program:
        return Path(_program(options.program))
    return fixture.build("boot", find_go(options.go))


def _atlas_parser(name: str) -> _Parser:
    parser = _Parser(
        f"gogdb {name}",
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
    _add_language(parser)
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


def _atlas(options: argparse.Namespace) -> int:
    from gogdb.launch import atlas

    gos = [*options.gos, *([options.go] if options.go else [])]
    if options.walks and gos:
        raise GogdbError("--go builds programs to walk", "leave it out, or the recorded walks")
    atlas.check(options.output)
    with TemporaryDirectory() as scratch:
        walks = options.walks or atlas.record(find_gdb(options.gdb), gos, Path(scratch))
        count = atlas.write(walks, options.output, _language(options))
    print(f"{options.output} written, of {count} {counted(count):release|releases}")
    return 0


def _fixture_parser(name: str) -> _Parser:
    parser = _Parser(
        f"gogdb {name}",
        description="Build a bundled Go program and print its path; without NAME, list them.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="which program")
    parser.add_argument("-o", dest="output", metavar="PATH", type=Path, help="where to build it")
    parser.add_argument(
        "--flags",
        default=shlex.join(fixture.FLAGS),
        help="flags for `go build` as one word, as in --flags='-buildmode=pie' (%(default)s)",
    )
    _add_tools(parser)
    return parser


def _fixture(options: argparse.Namespace) -> int:
    if not options.name:
        for name, about in fixture.names().items():
            print(f"{name:12}{about}")
        return 0
    try:
        flags = shlex.split(options.flags)
    except ValueError as error:
        raise GogdbError(f"cannot read --flags {options.flags}", str(error)) from None
    print(fixture.build(options.name, find_go(options.go), options.output, flags))
    return 0


def _doctor_parser(name: str) -> _Parser:
    parser = _Parser(
        f"gogdb {name}",
        description="Check what gogdb needs, and say how to correct what is wrong.",
    )
    _add_tools(parser)
    return parser


def _doctor(options: argparse.Namespace) -> int:
    healthy = True
    for finding in doctor.examine(options.gdb, options.go):
        print(finding, flush=True)
        healthy = healthy and finding.verdict != "not ok"
    return 0 if healthy else 1


_SUBCOMMANDS: dict[str, tuple[Callable[[str], _Parser], Callable[[argparse.Namespace], int]]] = {
    "demo": (_demo_parser, _demo),
    "report": (_report_parser, _report),
    "record": (_record_parser, _record),
    "atlas": (_atlas_parser, _atlas),
    "fixture": (_fixture_parser, _fixture),
    "doctor": (_doctor_parser, _doctor),
}
