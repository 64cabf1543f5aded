"""The words that may come next in a command line, from the command's declaration."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gogdb.commands.command_line import location_before
from gogdb.commands.declaration import Command
from gogdb.errors import ShownError

__all__ = ["candidates"]


def candidates(command: Command, before: Sequence[str], begun: str = "") -> list[str]:
    """Return the words that may follow `before`, the words already typed.

    After an option that takes a value these are the known values; elsewhere they are the words
    known for the next argument, and the options. `begun` is the start of the word to complete:
    a program has too many locations to return them all.
    """
    for option in command.options:
        if option.metavar and before and before[-1] == option.flag:
            return _known(option.values)
    _, words = command.split(before)
    flags = [option.flag for option in command.options]
    if command.verbs and not words:
        return [*(verb.name for verb in command.verbs), *flags]
    arguments = command.arguments_after(words)
    if not arguments:
        return flags
    places = _places(command, before, begun)
    return [*arguments[0].choices, *_known(arguments[0].values), *places, *flags]


def _places(command: Command, before: Sequence[str], begun: str) -> Sequence[str]:
    """Return the words that a word of a location may be completed to, none for other words."""
    for argument in command.arguments if begun else ():
        text = location_before(command, before) if argument.arity == "location" else None
        if text is not None:
            known = argument.matches(f"{text} {begun}".lstrip())
            return [place[len(text) :].lstrip() for place in known]
    return ()


def _known(values: Callable[[], Sequence[str]]) -> list[str]:
    try:
        return list(values())
    except ShownError:  # for instance, no program to read the names from
        return []
