"""docs/exercises.md: its transcripts are what really happens."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gogdb.launch.tools import Go
from tests.live.conftest import Open
from tests.live.session import Session

PAGE = Path(__file__).parents[2] / "docs/exercises.md"
SAID = re.compile(r"The\s+transcripts were made with Go ([\d.]+)")
_PARTS = re.compile(r"^Program: `fixtures/(\w+)`|^```console\n(.*?)^```$", re.M | re.S)


def blocks() -> Iterator[tuple[str, str]]:
    """Each block of the page with the fixture that its exercise is about."""
    program = ""
    for part in _PARTS.finditer(PAGE.read_text(encoding="utf-8")):
        program = part[1] or program
        if part[2]:
            yield program, part[2]


def commands(block: str) -> list[tuple[str, str]]:
    """(command, what the page says that it says); "" where the page shows nothing."""
    return [
        (command.strip(), shown)
        for command, _, shown in (part.partition("\n") for part in block.split("(gdb) ")[1:])
    ]


def same(text: str) -> str:
    """Without what no two runs have in common."""
    return re.sub(r"0x[0-9a-f]{6,}", "0x…", text)


def test_the_transcripts(open_gdb: Open, build: Callable[..., Path], go: Go) -> None:
    page, update = PAGE.read_text(encoding="utf-8"), os.environ.get("UPDATE_GOLDEN") == "1"
    made_with = SAID.search(page)
    assert made_with
    if go.version != made_with[1]:
        pytest.skip(f"the transcripts are of Go {made_with[1]}: goids differ")
    session: Session | None = None
    checked = 0
    for program, block in blocks():
        if "(gdb) run\n" in block:
            session = open_gdb(build(program))
            session.quietly("unset exec-wrapper")
        assert session is not None
        made = ""
        for command, shown in commands(block):
            said = session.run(command)
            made += f"(gdb) {command}\n" + (said if shown else "")
            if shown and not update:
                assert same(said) == same(shown), command
                checked += 1
        page = page.replace(block, made)
    if update:
        PAGE.write_text(page, encoding="utf-8")
    else:
        assert checked == 9
