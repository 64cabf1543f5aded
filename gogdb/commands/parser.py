"""Parse what the user typed after a command's name, as its declaration says."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Sequence
from itertools import zip_longest
from typing import NoReturn

from gogdb.commands.command_line import divide
from gogdb.commands.declaration import Argument, Command, Verb, usage
from gogdb.errors import GogdbError

__all__ = ["make_parser", "parse"]

_NARGS = {"one": None, "optional": "?", "any": "*", "line": "*"}


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises `GogdbError`: exiting, as argparse does, would end GDB."""

    def error(self, message: str) -> NoReturn:
        raise GogdbError(f"{self.prog}: {message}", f"`help {self.prog}` shows its usage")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        self.error(message or f"exit status {status}")


class _Formatter(argparse.HelpFormatter):
    """A formatter that does not import `shutil`, as argparse's does to find the width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=80)


def parse(command: Command, text: str) -> Namespace:
    """Return the options in `text`: an attribute for each declared option and argument.

    Arguments that are not given are None, or empty lists. Raises `GogdbError`.
    """
    parser = make_parser(command)
    text, parts = divide(command, text)
    try:
        words = _words(command, text)
    except ValueError as error:  # shlex: an open quote
        raise GogdbError(f"{command.name}: {error}", "close the quotes") from None
    _check_options(command, words)
    try:
        options = parser.parse_args(words)
    except argparse.ArgumentError as error:
        parser.error(str(error))
    for argument in command.arguments:
        if argument.name in parts:
            setattr(options, argument.name, parts[argument.name])
        _check_choice(command, argument.name, getattr(options, argument.name), argument.choices)
    if command.verbs:
        _check_verb(command, options.verb)
        _set_arguments(command, command.verb(options.verb), options)
    return options


def make_parser(command: Command) -> argparse.ArgumentParser:
    """Return the parser of a command; what follows a verb is collected in `after_verb`."""
    parser = _Parser(
        prog=command.name,
        formatter_class=_Formatter,
        add_help=False,
        exit_on_error=False,
        allow_abbrev=False,
    )
    for option in command.options:
        if option.metavar:
            parser.add_argument(
                option.flag, metavar=option.metavar, type=option.parse, default=option.default
            )
        else:
            parser.add_argument(option.flag, action="store_true")
    for argument in command.arguments:
        if argument.arity not in ("line", "location"):
            nargs = _NARGS[argument.arity]
            parser.add_argument(argument.name, nargs=nargs, metavar=argument.metavar)
    if command.verbs:
        parser.add_argument("verb", nargs="?")
        parser.add_argument("after_verb", nargs="*")
    return parser


def _words(command: Command, text: str) -> list[str]:
    """Return the words for argparse; those of an argument that is a line are not unquoted."""
    options, others = command.split(text.split())
    verb = command.verb(others[0]) if others else None
    if any(argument.arity == "line" for argument in (verb.arguments if verb else ())):
        return [*options, "--", *others]
    if text.isascii() and not any(quote in text for quote in "'\"\\"):
        return text.split()
    import shlex  # which takes time

    return shlex.split(text)


def _check_options(command: Command, words: Sequence[str]) -> None:
    """Reject an unknown option and suggest the closest one, which argparse does not."""
    flags = [option.flag for option in command.options]
    for word in command.split(words)[1]:
        flag = word.partition("=")[0]
        if word == "--":
            return
        if word.startswith("-") and flag not in flags:
            verb = command.verb(flag.lstrip("-")) if command.verbs else None
            hint = f"did you mean `{command.name} {verb.name}`?" if verb else _hint(flag, flags)
            raise GogdbError(f"{command.name}: no option {flag}", hint)


def _check_verb(command: Command, word: str | None) -> None:
    """Reject an unknown verb, and suggest the closest one or the one that takes the word."""
    if word is None or not command.verbs or command.verb(word):
        return
    verb = next((verb for verb in command.verbs if _takes(verb, word)), None)
    if verb:
        hint = f"did you mean `{command.name} {verb.name} {word}`?"
    else:
        hint = _hint(word, [verb.name for verb in command.verbs if not verb.ends])
    raise GogdbError(f"{command.name}: no verb {word!r}", hint)


def _takes(verb: Verb, word: str) -> bool:
    """Report whether `word` can be what must follow the verb: a value, or a number of one."""
    if not verb.arguments or verb.arguments[0].arity != "one":
        return False
    values = verb.arguments[0].values()
    return word in values or (word.isdecimal() and 1 <= int(word) <= len(values))


def _check_choice(command: Command, kind: str, word: str | None, choices: Sequence[str]) -> None:
    """Reject an unknown choice and suggest the closest one (argparse's `choices` does not)."""
    if word is not None and choices and word not in choices:
        raise GogdbError(f"{command.name}: no {kind} {word!r}", _hint(word, choices))


def _hint(word: str, known: Sequence[str]) -> str:
    """Return a hint that names the closest of the known words, or all of them.

    The closest is one with the same letters, if there is one, and the first of those equally close.
    """
    import difflib  # which takes time, and is needed after mistakes only

    close = [each for each in known if sorted(each) == sorted(word)]
    close = close or difflib.get_close_matches(word, known, 1)
    if close:
        return f"did you mean {close[0]}?"
    return f"there {'is only' if len(known) == 1 else 'are'} {', '.join(known)}"


def _set_arguments(command: Command, verb: Verb | None, options: Namespace) -> None:
    """Set an attribute of `options` for each argument of the verb. Raises `GogdbError`."""
    arguments: Sequence[Argument] = verb.arguments if verb else ()
    words: list[str] = options.after_verb
    if arguments and arguments[0].arity == "line":
        words = [" ".join(words)]
    required = sum(argument.arity == "one" for argument in arguments)
    if verb and not required <= len(words) <= len(arguments):
        raise GogdbError(
            f"{command.name}: wrong number of arguments",
            f"the usage is `{command.name} {usage(verb.name, arguments)}`",
        )
    for argument, word in zip_longest(arguments, words):
        setattr(options, argument.name, word)
