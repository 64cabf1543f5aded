"""The help of commands and functions in GDB's form, from their declarations.

One line, an empty one, `Usage:`, then paragraphs, lists and examples. The English text is what
GDB's `help` prints, and is ASCII only, because GDB may run in a terminal that knows nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from textwrap import TextWrapper

from gogdb.commands.declaration import Command, Function, usage
from gogdb.i18n import texts

__all__ = ["command_help", "function_help", "markdown", "sentences", "translated_help"]

_COLUMNS = 80
_LABEL_GAP = 2  # blanks between the names in a list and what is said about them
_WIDEST_LABEL = 16  # a longer name has a line of its own

Translate = Callable[[str], str]
Wrap = Callable[[str, int], list[str]]


def command_help(command: Command) -> str:
    """Return the help of a command in English."""
    return "\n".join(_command_lines(command, str, _wrap_words))


def translated_help(command: Command, language: str) -> str:
    """Return the help of a command in `language`; sentences without translation are English."""
    if language == "en":
        return command_help(command)
    from gogdb.render.cells import wrap  # knows how wide a character is

    translations = texts(language, "help")
    return "\n".join(_command_lines(command, lambda text: translations.get(text, text), wrap))


def function_help(function: Function) -> str:
    """Return the help of a convenience function in English."""
    lines = [function.summary, "", f"Usage: ${function.name} ({function.usage})"]
    lines += _paragraphs(function.about, str, _wrap_words)
    lines += _examples(function.examples, str)
    return "\n".join(lines)


def sentences(command: Command) -> Iterator[str]:
    """Yield every text of a command's help that is translated, with repetitions."""
    seen: list[str] = []

    def note(text: str) -> str:
        seen.append(text)
        return text

    list(_command_lines(command, note, _wrap_words))
    return iter(seen)


def markdown(commands: Sequence[Command], functions: Sequence[Function]) -> str:
    """Return the page docs/commands.md."""
    parts = [
        "# Commands and functions\n\nThe text of `help go-boot`, `help function go_g` and so on "
        "in GDB.\n"
    ]
    texts_by_name = {command.name: command_help(command) for command in commands}
    texts_by_name |= {f"${function.name}": function_help(function) for function in functions}
    for name, text in texts_by_name.items():
        summary, _, rest = text.partition("\n\n")
        parts.append(f"## {name}\n\n{summary}\n\n```text\n{rest}\n```\n")
    return "\n".join(parts)


def _command_lines(command: Command, translate: Translate, wrap: Wrap) -> Iterator[str]:
    yield translate(command.summary)
    yield ""
    yield translate("Usage: ") + _usage(command)
    yield from _paragraphs(command.about, translate, wrap)
    if command.verbs:
        verbs = [(usage(verb.name, verb.arguments), verb.help) for verb in command.verbs]
        yield ""
        yield translate("Verbs:")
        yield from _list(verbs, translate, wrap)
    options = [(" ".join(filter(None, (o.flag, o.metavar))), o.help) for o in command.options]
    yield ""
    yield translate("Options:")
    yield from _list(options, translate, wrap)
    yield from _paragraphs(command.notes, translate, wrap)
    yield from _examples(command.examples, translate)


def _usage(command: Command) -> str:
    *arguments, last = command.arguments or (None,)
    if last is not None and last.arity == "line":  # which would take the options behind it
        return f"{usage(command.name, arguments)} [OPTION]... {last.metavar}"
    words = usage(command.name, command.arguments)
    return f"{words}{' [VERB [ARGUMENT]...]' if command.verbs else ''} [OPTION]..."


def _paragraphs(texts: Sequence[str], translate: Translate, wrap: Wrap) -> Iterator[str]:
    for text in texts:
        yield ""
        yield from wrap(translate(text), _COLUMNS)


def _list(entries: Sequence[tuple[str, str]], translate: Translate, wrap: Wrap) -> Iterator[str]:
    """Yield names and, in a column beside them, what is said about each."""
    labels = [len(label) for label, _ in entries if len(label) <= _WIDEST_LABEL]
    start = 2 + max(labels) + _LABEL_GAP
    for label, text in entries:
        lines = wrap(translate(text), _COLUMNS - start)
        if len(label) > _WIDEST_LABEL:
            lines.insert(0, "")
        first, *rest = lines
        yield f"  {label:{start - 2}}{first}".rstrip()
        yield from (" " * start + line for line in rest)


def _examples(examples: Sequence[str], translate: Translate) -> Iterator[str]:
    yield ""
    yield translate("Example:")
    yield from (f"  (gdb) {example}" for example in examples)


def _wrap_words(text: str, columns: int) -> list[str]:
    wrapper = TextWrapper(columns, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text)
