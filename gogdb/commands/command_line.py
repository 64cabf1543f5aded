"""The part of a command line before a command that it ends with: `go-goroutine 7 info locals`."""

from __future__ import annotations

import re

from gogdb.commands.declaration import Command

__all__ = ["leading"]

# quoted as for shlex; what has an open quote ends at a space
_WORD = re.compile(r"""\s*((?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+(?!\S)|\S+)""")


def leading(command: Command, text: str) -> tuple[str, str]:
    """Divide a text into the options and arguments, and the line that a command ends with.

    The line begins at the first word that is neither, and is "" for a command that takes none.
    """
    if not command.arguments or command.arguments[-1].arity != "line":
        return text, ""
    flags = {option.flag: bool(option.metavar) for option in command.options}
    taken = {argument.name: 0 for argument in command.arguments}
    end, value_follows = 0, False
    while match := _WORD.match(text, end):
        word = match[1]
        if value_follows:
            value_follows = False
        elif word.startswith("-"):
            value_follows = flags.get(word, False)
        elif not _takes(command, word, taken):
            break
        end = match.end()
    return text[:end], text[end:].strip()


def _takes(command: Command, word: str, taken: dict[str, int]) -> bool:
    """Report whether an argument before the line takes a word, and count it."""
    for argument in command.arguments[:-1]:
        has_room = argument.arity == "any" or not taken[argument.name]
        if has_room and (argument.accepts is None or argument.accepts(word)):
            taken[argument.name] += 1
            return True
    return False
