"""The transcripts in docs are what GDB prints. UPDATE_GOLDEN=1 rewrites them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gogdb.launch.tools import Go
from tests.support import transcripts
from tests.support.builds import Builds
from tests.support.session import Open, Session

DOCS = Path(__file__).parents[2] / "docs"
ELSEWHERE = {"production.md"}  # in test_production.py
PAGES = [page for page in transcripts.texts(DOCS) if page.name not in ELSEWHERE]
OF = (1, 27)  # the release of Go that the pages were written with


def test_there_are_pages() -> None:
    assert {page.name for page in PAGES} >= {"workshop.md", "workshop.zh.md"}


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_a_page(page: Path, go: Go, builds: Builds, open_gdb: Open, update: bool) -> None:
    if tuple(map(int, go.version.split(".")[:2])) != OF:
        pytest.skip(f"the transcripts are of Go {OF[0]}.{OF[1]}")

    def start(command: str) -> Session:
        session = open_gdb(builds.fixed_heap(transcripts.fixture_of(command), go))
        if page.name.endswith(".zh.md"):
            session.run("set gogdb lang zh")
        return session

    text = page.read_text(encoding="utf-8")
    answers = list(transcripts.run(transcripts.read(text), start))
    assert answers
    if update:
        page.write_text(transcripts.rewritten(text, answers), encoding="utf-8")
        return
    for step, output, holds in answers:
        wrong = f"{page.name}:{step.first + 1}: (gdb) {step.command}"
        assert holds, "\n".join([wrong, "shown:", *step.shown, "said:", *output])
