"""A real browser, and reports of recorded walks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from gogdb.i18n import LANGUAGES, use_language
from gogdb.render import html
from gogdb.view.compare import comparison
from gogdb.view.narration import narration
from gogdb.view.saved_walk import read_walk
from tests.page.views import BUSY
from tests.support.recorded_rounds import recorded_round
from tests.support.reports import as_json, follow_page_of, page, records

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium: apt install chromium")
    expect.set_options(timeout=BUSY)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"], timeout=BUSY
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "boot.html"
    path.write_text(page(records("1.27.3")), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def following(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "round.html"
    path.write_text(follow_page_of(recorded_round("1.27.3")), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def comparing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    both = [json.loads(json.dumps(as_json(v), default=list)) for v in ("1.19.8", "1.27.3")]
    pages = {}
    for language in LANGUAGES:
        with use_language(language):
            a, b = (read_walk(answer, "x") for answer in both)
            pages[language] = comparison(a, b, narration(language))
    path = tmp_path_factory.mktemp("page") / "both.html"
    path.write_text(html.comparison(pages), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a page; it must log nothing, raise nothing and request nothing but itself."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    requested: list[str] = []
    pages: set[str] = set()

    def visit(path: Path, where: str = "", **options: object) -> Page:
        context = browser.new_context(**{"locale": "en-US", "reduced_motion": "reduce", **options})  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(BUSY)
        opened = context.new_page()
        opened.on("console", lambda message: problems.append(message.text))
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on("request", lambda request: requested.append(request.url))
        pages.add(path.as_uri())
        opened.clock.install(time=0)
        opened.goto(f"{path.as_uri()}{where}")
        return opened

    yield visit
    for context in contexts:
        context.close()
    assert problems == []
    assert {url.partition("#")[0] for url in requested} == pages
