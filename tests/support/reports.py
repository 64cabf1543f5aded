"""Reports of recorded walks, and a strict parser of their HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from typing import Any

from gogdb.boot.stage import Record
from gogdb.follow.follower import Follower
from gogdb.i18n import LANGUAGES, use_language
from gogdb.render import html
from gogdb.view.follow_page import follow_page
from gogdb.view.json import boot as boot_json
from gogdb.view.json.runtime import runtime_json
from gogdb.view.narration import narration
from gogdb.view.report import report
from tests.support.walks import recorded_walk

__all__ = [
    "MAX_BYTES",
    "Element",
    "Page",
    "as_json",
    "follow_page_of",
    "page",
    "parsed_report",
    "records",
    "report_of",
]

MAX_BYTES = 1_500_000  # of a report
_SVG = {"svg", "g", "text", "tspan", "title", "desc", "rect", "path", "line"}
_VOID = {"meta", "link", "br", "hr", "img", "input"}


def records(version: str) -> Sequence[Record]:
    """Return the records of the boot recorded with this Go."""
    return recorded_walk(version).records


def page(
    of: Sequence[Record],
    version: str = "1.27.3",
    program: str = "/home/you/boot",
    languages: Sequence[str] = LANGUAGES,
) -> str:
    """Return the HTML report of a walk, which opens in the first of the languages."""
    pages = {}
    for language in languages:
        with use_language(language):
            pages[language] = report(of, f"go{version}", program, narration(language))
    return html.report(pages)


def follow_page_of(follower: Follower) -> str:
    """Return the HTML page of a followed round."""
    pages = {}
    for language in LANGUAGES:
        with use_language(language):
            texts = narration(language, "follow")
            pages[language] = follow_page(
                follower.records, follower.g, "go1.27.3", "/home/you/park", texts, ""
            )
    return html.followed(pages)


@cache
def report_of(version: str) -> str:
    """Return the HTML report of the boot recorded with this Go; rendered once per process."""
    return page(records(version), version)


@cache
def parsed_report(version: str) -> Page:
    """Return the element tree of `report_of(version)`; parsed once per process."""
    return Page(report_of(version))


def as_json(version: str) -> dict[str, Any]:
    """Return what `go-boot report FILE.json` writes for the boot recorded with this Go."""
    walk = recorded_walk(version)
    answer = boot_json.as_json(walk.records, f"go{version}", "/home/you/boot", narration("en"))
    return answer | {"runtime": runtime_json(walk.program, walk.records)}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Element | str] = []

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def all(self) -> Iterator[Element]:
        """Yield every element below this one, in document order."""
        rest = self.children[::-1]
        while rest:
            child = rest.pop()
            if isinstance(child, Element):
                yield child
                rest += child.children[::-1]


class Page(HTMLParser):
    """A page as a tree. An unclosed or wrongly closed element raises AssertionError."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(text)
        self.close()
        assert self._open == [self.root], f"never closed: {self._open[-1].tag}"
        self._elements = list(self.root.all())
        self._by_id = {e.attributes.get("id"): e for e in reversed(self._elements)}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag}: {names}"
        if self._open[-1].tag in ("svg", "g", "text", "tspan", "title", "desc"):
            assert tag in _SVG, f"<{tag}> ends an svg for a browser"
        element = Element(tag, dict(attrs))
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> within {self._open[-1].tag}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def all(self, tag: str = "") -> list[Element]:
        """Return the elements with this tag, or all elements, in document order."""
        return [element for element in self._elements if tag in ("", element.tag)]

    def by_id(self, name: str) -> Element:
        return self._by_id[name]
