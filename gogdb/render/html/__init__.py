"""Self-contained pages for a browser, in all languages at once; they need Jinja2."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gogdb.render.html import multilingual
from gogdb.render.html.art import art_lines
from gogdb.render.html.code import highlighted
from gogdb.render.html.glossary import marker
from gogdb.render.html.scheduler_svg import drawn_scheduler
from gogdb.render.html.stack_svg import drawn_stacks
from gogdb.view.doc.atlas import Atlas
from gogdb.view.doc.pages import Comparison, Report, StagePage

__all__ = ["atlas", "comparison", "followed", "report"]

_HERE = Path(__file__).parent

# Files of scripts/ and styles/, in the order in which they depend on each other
_SCRIPTS = ("dom", "address", "language", "theme", "links", "scroll")
_STAGE_SCRIPTS = ("glide", "stages", "play", "keys", "glossary", "highlight", "print")
_ATLAS_SCRIPTS = ("glide", "stages", "atlas", "glossary", "highlight", "print")
_STYLES = ("base", "frame", "stage", "tables", "pictures", "exercises", "sizes", "print")


class _Files(NamedTuple):
    """The names of a page's scripts and styles, without their suffixes."""

    scripts: Sequence[str]
    styles: Sequence[str]


def report(pages: Mapping[str, Report]) -> str:
    """Return the page of a recorded walk, given in each language; it opens in the first."""
    page = multilingual.merge(pages)
    facts = [_changed_facts(page.stages, i) for i in range(len(page.stages))]
    data = {"names": page.names, "facts": facts}
    return _stage_page(page, list(pages), (*_STAGE_SCRIPTS, "differences", "predict"), data)


def followed(pages: Mapping[str, Report]) -> str:
    """Return the page of a followed round, given in each language; it opens in the first."""
    return _stage_page(multilingual.merge(pages), list(pages), _STAGE_SCRIPTS, {})


def _stage_page(
    page: Report, languages: Sequence[str], scripts: Sequence[str], data: object
) -> str:
    files = _Files((*_SCRIPTS, *scripts), _STYLES)
    marked = marker(page.glossary, languages)
    return _page("report.html.j2", languages, files, data, report=page, marked=marked)


def comparison(pages: Mapping[str, Comparison]) -> str:
    """Return the page that shows two recorded walks side by side, given in each language."""
    compared = multilingual.merge(pages)
    files = _Files((*_SCRIPTS, "sections"), (*_STYLES, "compare"))
    return _page("compare.html.j2", list(pages), files, {}, compared=compared)


def atlas(pages: Mapping[str, Atlas]) -> str:
    """Return the page of several walks, given in each language.

    It shows the cards of the last release; those of all are in its data, compressed.
    """
    page, languages = multilingual.merge(pages), list(pages)
    environment = _environment(languages)
    card = environment.get_template("card.html.j2")
    marked = marker(page.glossary, languages)
    cards = [
        [card.render(card=each, id=stage.id, marked=marked) for each in stage.cards]
        for stage in page.stages
    ]
    packed = zlib.compress(json.dumps(cards, ensure_ascii=False).encode(), 9)
    data = {
        "releases": [release.id for release in page.releases],
        "names": [release.name for release in page.releases],
        "verdicts": {stage.id: [card.verdict for card in stage.cards] for stage in page.stages},
        "cards": base64.b64encode(packed).decode(),
    }
    files = _Files((*_SCRIPTS, *_ATLAS_SCRIPTS), (*_STYLES, "atlas"))
    shown = [Markup(each[-1]) for each in cards]
    return _page("atlas.html.j2", languages, files, data, atlas=page, shown=shown, marked=marked)


def _changed_facts(stages: Sequence[StagePage], index: int) -> dict[str, list[str] | str | None]:
    """Return the facts that differ from the stage before, as `text` or `[key, text]`."""
    before = stages[index - 1].facts if index else {}
    now = stages[index].facts or before  # nothing was observed at a skipped stage
    changed: dict[str, list[str] | str | None] = {name: None for name in before if name not in now}
    for name, fact in now.items():
        if before.get(name) != fact:
            changed[name] = fact.text if fact.key == fact.text else [fact.key, fact.text]
    return changed


def _page(
    template: str, languages: Sequence[str], files: _Files, data: object, **values: object
) -> str:
    script = _joined("scripts", [*files.scripts, "start"], "js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment(languages)
        .get_template(template)
        .render(
            languages=languages,
            css=Markup(_joined("styles", files.styles, "css")),
            script=Markup(script),
            digest=Markup(digest),
            embedded=Markup(_embedded(data)),
            **values,
        )
    )


def _environment(languages: Sequence[str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        finalize=multilingual.html_text,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "attribute": multilingual.html_attribute,
        "content": multilingual.html_content,
        "svg": multilingual.svg_text,
    }
    environment.globals |= {
        "tr": partial(multilingual.tr, languages=languages),
        "kind": lambda part: type(part).__name__,
        "art_lines": art_lines,
        "highlighted": highlighted,
        "drawn_stacks": drawn_stacks,
        "drawn_scheduler": drawn_scheduler,
    }
    return environment


def _joined(folder: str, names: Sequence[str], suffix: str) -> str:
    paths = (_HERE / folder / f"{name}.{suffix}" for name in names)
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _embedded(data: object) -> str:
    """Return JSON that is safe inside a script element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
