"""What the parsers of all subcommands share."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from gogdb.i18n import LANGUAGES

__all__ = ["Parser", "ParserWithArguments", "add_env", "add_language", "add_tools", "suggestion"]


class Parser(argparse.ArgumentParser):
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
        return suggestion(flag, self._option_string_actions) if flag.startswith("-") else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a question that names the word of `known` closest to `word`, "" if none is close."""
    close = difflib.get_close_matches(word, list(known), 1)
    return f", did you mean {close[0]}?" if close else ""


class ParserWithArguments(Parser):
    """A parser that leaves all that follows `--` to the program, in `arguments`."""

    unknown_hint = "; the program's own arguments follow --"

    def parse_args(self, args: Sequence[str], namespace: Any = None) -> Any:  # type: ignore[override]
        end = args.index("--") if "--" in args else len(args)
        options = super().parse_args(args[:end], namespace)
        options.arguments = args[end + 1 :]
        return options


def add_tools(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gdb", metavar="PATH", help="the debugger to use (also GOGDB_GDB)")
    parser.add_argument("--go", metavar="PATH", help="the Go to build with (also GOGDB_GO)")


def add_language(parser: argparse.ArgumentParser) -> None:
    known = ("auto", *LANGUAGES)
    text = "the language; auto: the language of the locale"
    parser.add_argument("--lang", choices=known, default="auto", help=text)


def add_env(parser: argparse.ArgumentParser) -> None:
    text = "keep the values of the environment variables"
    parser.add_argument("--env", action="store_true", help=text)
