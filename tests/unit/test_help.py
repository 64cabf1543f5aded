"""docs/commands.md says what GDB's help says, and the help fits a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from gogdb.commands.help import COMMANDS, FUNCTIONS, markdown, usage
from gogdb.i18n import LANGUAGES
from gogdb.render.cells import width

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
TEXTS = COMMANDS | FUNCTIONS


def test_the_page_is_the_help(update: bool) -> None:
    if update:
        PAGE.write_text(markdown(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == markdown()


@pytest.mark.parametrize("name", TEXTS)
def test_form(name: str) -> None:
    """One line, a blank one, the usage; at the end an example; 80 columns of ASCII."""
    lines = TEXTS[name].split("\n")
    assert lines[0].endswith(".")
    assert (lines[1], lines[2].split()[0], lines[2].split()[1].lstrip("$")) == ("", "Usage:", name)
    assert any(line == "Example:" for line in lines)
    assert lines[-1].startswith("  (gdb) ")
    assert TEXTS[name].isascii()
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("lang", LANGUAGES)
def test_go_boot_help_needs_no_more_than_80_cells(lang: str) -> None:
    text = usage("go-boot", lang)
    assert max(map(width, text.splitlines())) <= 80
