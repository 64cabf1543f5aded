"""The parts of a command line that are passed to GDB as they are written.

These are a command of GDB's at the end, `go-goroutine 7 info locals`, or a location and the
condition after it: `go-break main.go:12 --goid 7 if n > 3`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gogdb.commands.declaration import Argument, Command

__all__ = ["divide", "location_before"]

# quoted as for shlex; what has an open quote ends at a space
_WORD = re.compile(r"""\s*((?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+(?!\S)|\S+)""")
_CONDITION = re.compile(r"if(?=[\s(]|$)")


def divide(command: Command, text: str) -> tuple[str, Mapping[str, str]]:
    """Divide a text into options and single arguments, and the arguments that are parts of a line.

    A line begins at the first word that is neither an option nor a single argument. Options may
    stand within a location, which ends at the word `if`.
    """
    if any(argument.arity == "location" for argument in command.arguments):
        return _location(command, text)
    if command.arguments and command.arguments[-1].arity == "line":
        text, line = _leading(command, text)
        return text, {command.arguments[-1].name: line}
    return text, {}


def location_before(command: Command, words: Sequence[str]) -> str | None:
    """Return the part of a location in these words, None if the next word cannot belong to one."""
    single = sum(argument.arity == "one" for argument in command.arguments)
    if len(command.split(words)[1]) < single or any(map(_CONDITION.match, words)):
        return None
    _, parts = _location(command, " ".join(words))
    return next(parts[each.name] for each in command.arguments if each.arity == "location")


def _leading(command: Command, text: str) -> tuple[str, str]:
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


def _location(command: Command, text: str) -> tuple[str, Mapping[str, str]]:
    """Divide as `divide` does; a word with one `-` is GDB's: `-function main.work`."""
    flags = {option.flag: bool(option.metavar) for option in command.options}
    single = sum(argument.arity == "one" for argument in command.arguments)
    others: list[str] = []
    location: list[str] = []
    end, value_follows, condition = 0, False, ""
    while match := _WORD.match(text, end):
        word, end = match[1], match.end()
        if value_follows:
            others.append(word)
            value_follows = False
        elif word.startswith("--"):
            others.append(word)
            value_follows = flags.get(word, False)
        elif single:
            others.append(word)
            single -= 1
        elif _takes_condition(command.arguments) and _CONDITION.match(word):
            condition = text[match.start(1) + 2 :].strip()
            break
        else:
            location.append(word)
    parts = {
        each.name: " ".join(location) for each in command.arguments if each.arity == "location"
    }
    parts |= {each.name: condition for each in command.arguments if each.arity == "line"}
    return " ".join(others), parts


def _takes_condition(arguments: Sequence[Argument]) -> bool:
    return arguments[-1].arity == "line"
