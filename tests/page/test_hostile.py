"""The report of the hostile program in a real browser: its strings are text, and none runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gogdb.i18n import LANGUAGES
from gogdb.launch.tools import Gdb, Go
from gogdb.render.clean import escape
from tests.page.conftest import Visit
from tests.support import hostile_program
from tests.support.builds import Builds

STAGES = ("entry", "args", "main-main", "add")


@pytest.fixture(scope="module")
def walked(gdb: Gdb, go: Go, builds: Builds, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with walk.html, and both.html of two walks."""
    place = tmp_path_factory.mktemp("hostile")
    program = builds.hostile(go)
    command = [sys.executable, "-m", "gogdb", "--gdb", str(gdb.path), "report"]
    for name in ("walk.html", "walk.json"):
        _run([*command, str(program), "-o", str(place / name), "--", hostile_program.WORD])
    both = [str(place / "walk.json")] * 2
    _run([*command, "--compare", *both, "-o", str(place / "both.html")])
    return place


def _run(command: list[str | bytes]) -> None:
    done = subprocess.run(
        command,
        env={**os.environb, **hostile_program.ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_walk(visit: Visit, walked: Path, lang: str) -> None:
    page = visit(walked / "walk.html", f"#lang={lang}")
    for stage in STAGES:
        page.locator(f'#stages a[href="#{stage}"]').click()
        expect(page.locator(f"#{stage}")).to_be_visible()
    assert page.locator("img").count() == 0
    word = escape(hostile_program.WORD.decode(errors="replace"))
    for stage, text in (
        ("main-main", escape(hostile_program.NAME)),
        ("args", word),
        ("entry", word[:16]),
    ):
        page.locator(f'#stages a[href="#{stage}"]').click()
        assert text in (page.locator(f"#{stage}").text_content() or "")
    assert escape(hostile_program.PLACE) in (page.locator("header").first.text_content() or "")
    assert page.evaluate("window.hacked") is None


def test_two_walks(visit: Visit, walked: Path) -> None:
    page = visit(walked / "both.html")
    assert escape(hostile_program.PLACE) in page.locator("body").inner_text()
    assert page.locator("img").count() == 0
    assert page.evaluate("window.hacked") is None
