"""What a command is, declared once: arguments, options and help.

The parser (parser.py), completion (completion.py), GDB's `help` and docs/commands.md (help.py)
are derived from a `Command`. All declarations are imported when gogdb is loaded, so neither
this file nor a declaration imports anything that takes time, not even typing: type checkers
take TYPE_CHECKING for true whatever its value. For the same reason the classes are written out:
to create one dataclass or NamedTuple takes as long as all declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from typing import Literal

__all__ = ["Argument", "Command", "Function", "Option", "Verb", "at_most", "count", "port", "usage"]

_COUNT_DIGITS = 18  # fewer than sys.maxsize has
_NO_BOUND = 1 << 62  # more than any program has


def no_values() -> Sequence[str]:
    """Return no candidates: the value is free text."""
    return ()


def no_matches(text: str) -> Sequence[str]:
    """Return no candidates for a text."""
    return ()


class Argument:
    """A positional argument; `name` is the attribute that holds it once it is parsed.

    `arity` is "line" for one that takes the rest of the line as it is, quotes included, and
    "location" for a place in the program as GDB's `break` takes it, with options anywhere in it;
    a line after it is what follows the word `if`. `choices` are the only accepted words; `values`
    returns words for completion alone, `matches` those that a text may be completed to. Of an
    argument that takes any number of words before a line, `accepts` tells which those are.
    """

    def __init__(
        self,
        name: str,
        metavar: str,
        arity: Literal["one", "optional", "any", "location", "line"] = "one",
        *,
        choices: Sequence[str] = (),
        values: Callable[[], Sequence[str]] = no_values,
        matches: Callable[[str], Sequence[str]] = no_matches,
        accepts: Callable[[str], bool] | None = None,
    ) -> None:
        self.name = name
        self.metavar = metavar
        self.arity = arity
        self.choices = choices
        self.values = values
        self.matches = matches
        self.accepts = accepts


class Option:
    """An option; without a `metavar` it is a switch and takes no value.

    `parse` converts the value, and `values` returns words for completion.
    """

    def __init__(
        self,
        flag: str,
        help: str,
        metavar: str = "",
        *,
        parse: Callable[[str], object] = str,
        default: object = None,
        values: Callable[[], Sequence[str]] = no_values,
    ) -> None:
        self.flag = flag
        self.help = help
        self.metavar = metavar
        self.parse = parse
        self.default = default
        self.values = values


class Verb:
    """A verb of a command, such as `step` of go-boot.

    `repeats`: whether Enter at GDB's prompt repeats it. `ends`: it ends what cannot be gone on
    with, so no mistyped word is taken for it.
    """

    def __init__(
        self,
        name: str,
        help: str,
        arguments: Sequence[Argument] = (),
        *,
        repeats: bool = True,
        ends: bool = False,
    ) -> None:
        self.name = name
        self.help = help
        self.arguments = arguments
        self.repeats = repeats
        self.ends = ends


class Command:
    """A command; the module that declares it has `run(options, from_tty)`.

    If that returns False, Enter at GDB's prompt does not repeat the command.

    `gdb_class` names the section of GDB's `help` that lists it, a constant of the module gdb.
    `about` and `notes` are paragraphs of the help, above and below the list of options.
    `options` are the command's own and those that each command has. `repeats`: whether Enter at
    GDB's prompt repeats the command when no verb is given.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        gdb_class: str,
        *,
        arguments: Sequence[Argument] = (),
        verbs: Sequence[Verb] = (),
        options: Sequence[Option] = (),
        about: Sequence[str] = (),
        notes: Sequence[str] = (),
        examples: Sequence[str],
        repeats: bool = True,
    ) -> None:
        self.name = name
        self.summary = summary
        self.gdb_class = gdb_class
        self.arguments = arguments
        self.verbs = verbs
        self.options = (*options, JSON, OUT, HELP)
        self.about = about
        self.notes = notes
        self.examples = examples
        self.repeats = repeats

    def verb(self, name: str | None) -> Verb | None:
        """Return the verb called `name`, or None."""
        return next((verb for verb in self.verbs if verb.name == name), None)

    def arguments_after(self, words: Sequence[str]) -> Sequence[Argument]:
        """Return the arguments that may follow `words`, which do not include options."""
        arguments = self.arguments
        if self.verbs:
            verb = self.verb(words[0]) if words else None
            arguments, words = verb.arguments if verb else (), words[1:]
        if arguments and arguments[-1].arity == "any":
            return arguments[min(len(words), len(arguments) - 1) :]
        return arguments[len(words) :]

    def split(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """Separate declared options, with their values, from all other words."""
        takes_value = {option.flag: bool(option.metavar) for option in self.options}
        options: list[str] = []
        others: list[str] = []
        value_follows = False
        for word in words:
            if value_follows:
                options.append(word)
                value_follows = False
            elif word in takes_value:
                options.append(word)
                value_follows = takes_value[word]
            else:
                others.append(word)
        return options, others


class Function:
    """A convenience function, `$name`; `about` are paragraphs of its help.

    With `repeats_last` it takes any number of the last argument, at least one.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        arguments: Sequence[str],
        *,
        about: Sequence[str],
        examples: Sequence[str],
        repeats_last: bool = False,
    ) -> None:
        self.name = name
        self.summary = summary
        self.arguments = arguments
        self.about = about
        self.examples = examples
        self.repeats_last = repeats_last

    @property
    def usage(self) -> str:
        """The arguments as they are written between parentheses."""
        return ", ".join([*self.arguments, *(["..."] if self.repeats_last else [])])


JSON = Option("--json", "write JSON and nothing else")
OUT = Option("--out", "write to FILE instead of the terminal", "FILE")
HELP = Option("--help", "show this text in the language of `set gogdb lang`")


def usage(name: str, arguments: Sequence[Argument]) -> str:
    """Return how a command or a verb is written with its arguments: `show [STAGE]`."""
    words, closing = [name], ""
    for argument in arguments:
        if argument.arity == "any":
            words.append(f"[{argument.metavar}...]")
        elif argument.arity == "optional":
            words.append(f"[{argument.metavar}")
            closing += "]"
        else:
            words.append(argument.metavar)
    return " ".join(words) + closing


def count(text: str) -> int:
    """Convert the value of an option that is a number, 0 or more."""
    if text.isdecimal() and len(text) <= _COUNT_DIGITS:
        return int(text)
    from argparse import ArgumentTypeError

    raise ArgumentTypeError(f"{text} is {'too large' if text.isdecimal() else 'not a number'}")


def port(text: str) -> int:
    """Convert the value of an option that is a TCP port; 0 means any that is free."""
    if (number := count(text)) < 1 << 16:
        return number
    from argparse import ArgumentTypeError

    raise ArgumentTypeError(f"{text} is not a port: they end at 65535")


def at_most(text: str) -> int:
    """Convert the value of an option that is an upper bound; 0 means no bound."""
    return count(text) or _NO_BOUND
