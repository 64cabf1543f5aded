"""The handout names commands and stages that exist, the same in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gogdb.boot.stages import STAGES
from tests.support.gogdb_commands import parsed

HANDOUT = Path(__file__).parents[2] / "docs/handout"
PAGES = {
    language: (HANDOUT / name).read_text(encoding="utf-8")
    for language, name in (("en", "handout.html"), ("zh", "handout.zh.html"))
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]


def test_eight_commands(page: str) -> None:
    commands = re.findall(r'<code class="gogdb">(.*?)</code>', page)
    assert len(commands) == 9  # the glossary's is among what to read on
    for command in commands:
        parsed(command)


def test_the_boot_in_order(page: str) -> None:
    order = [stage.id for stage in STAGES]
    named = [order.index(stage) for stage in re.findall(r'data-stage="([^"]*)"', page)]
    assert named == sorted(set(named))
    assert (named[0], len(named)) == (0, 11)


def test_the_documents_exist(page: str) -> None:
    documents = re.findall(r"docs/[\w./]+", page)
    assert documents
    assert [name for name in documents if not (HANDOUT.parents[1] / name).exists()] == []


def test_the_same_in_both_languages() -> None:
    """The same elements with the same names in them."""
    tags, names = (
        [re.findall(pattern, page) for page in PAGES.values()]
        for pattern in (r"<\w+(?: (?:class|data-stage)=[^>]*)?>", r"<code[^>]*>(.*?)</code>")
    )
    assert [tag for tag in tags[0] if "lang" not in tag] == tags[1]
    assert [re.sub("workshop.md", "workshop.zh.md", name) for name in names[0]] == names[1]
