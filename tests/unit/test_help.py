"""The help of commands and functions: its form, docs/commands.md, and the translations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gogdb.commands import catalog
from gogdb.commands.functions import FUNCTIONS
from gogdb.commands.help import (
    command_help,
    function_help,
    markdown,
    sentences,
    translated_help,
)
from gogdb.follow.step import EXIT_REASONS
from gogdb.i18n import LANGUAGES, texts
from gogdb.render.cells import width

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
COMMANDS = {module.COMMAND.name: module.COMMAND for module in catalog.modules()}
TEXTS = {name: command_help(command) for name, command in COMMANDS.items()}
TEXTS |= {function.name: function_help(function) for function in FUNCTIONS}
OTHERS = [language for language in LANGUAGES if language != "en"]
# What a translation keeps as it is: commands, options, names of values, numbers, names of GDB's
KEPT = re.compile(r"`[^`]+`|--\w+|\b[A-Z][A-Z]+\b|\b\d+\b|\bg0\b|\bgsignal\b|\bgogo\b|\brbp\b")


def test_the_page_is_the_help(check_file: Callable[[Path, str], None]) -> None:
    check_file(PAGE, markdown(list(COMMANDS.values()), FUNCTIONS))


@pytest.mark.parametrize("name", TEXTS)
def test_help_has_the_form_of_gdb(name: str) -> None:
    """One line, an empty one, the usage; an example at the end; 80 columns of ASCII."""
    lines = TEXTS[name].split("\n")
    assert lines[0].endswith(".")
    assert (lines[1], lines[2].split()[0], lines[2].split()[1].lstrip("$")) == ("", "Usage:", name)
    assert "Example:" in lines
    assert lines[-1].startswith("  (gdb) ")
    assert TEXTS[name].isascii()
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_verb_is_in_the_help(name: str) -> None:
    command = COMMANDS[name]
    for option in command.options:
        assert re.search(rf"^  {option.flag} ", TEXTS[name], re.M)
    for verb in command.verbs:
        assert re.search(rf"^  {verb.name}\b", TEXTS[name], re.M)


def test_follow_names_every_way_off_the_cpu() -> None:
    assert [way for way in EXIT_REASONS if way not in TEXTS["go-boot"]] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_and_no_other(language: str) -> None:
    english = {sentence for command in COMMANDS.values() for sentence in sentences(command)}
    assert set(texts(language, "help")) == english


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_options_and_names(language: str) -> None:
    for english, translation in texts(language, "help").items():
        assert set(KEPT.findall(english)) <= set(KEPT.findall(translation)), english


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_translated_help_fits_80_columns(name: str, language: str) -> None:
    text = translated_help(COMMANDS[name], language)
    assert max(map(width, text.splitlines())) <= 80
    assert text.isascii() == (language == "en")
