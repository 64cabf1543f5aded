"""Self-contained pages for a browser, in all languages at once; they need Jinja2."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from gogdb.render.html import multilingual
from gogdb.render.html.base import Files, environment, page, policy
from gogdb.render.html.facts import changed_facts
from gogdb.render.html.files import ATLAS_SCRIPTS, SCRIPTS, STAGE_SCRIPTS, STYLES
from gogdb.render.html.glossary import marker
from gogdb.view.doc.atlas import Atlas
from gogdb.view.doc.pages import Comparison, Report

__all__ = ["atlas", "comparison", "followed", "report"]


def report(pages: Mapping[str, Report]) -> str:
    """Return the page of a recorded walk, given in each language; it opens in the first."""
    merged = multilingual.merge(pages)
    seen = [{}, *(stage.facts for stage in merged.stages)]
    facts = [changed_facts(seen[i], seen[i + 1]) for i in range(len(merged.stages))]
    data = {"names": merged.names, "facts": facts}
    return _stage_page(merged, list(pages), (*STAGE_SCRIPTS, "differences"), data)


def followed(pages: Mapping[str, Report]) -> str:
    """Return the page of a followed round, given in each language; it opens in the first."""
    return _stage_page(multilingual.merge(pages), list(pages), STAGE_SCRIPTS, {})


def _stage_page(
    merged: Report, languages: Sequence[str], scripts: Sequence[str], data: object
) -> str:
    files = Files((*SCRIPTS, *scripts), STYLES)
    marked = marker(merged.glossary, languages)
    return _page(
        "report.html.j2", languages, files, data, report=merged, marked=marked, live_of=None
    )


def comparison(pages: Mapping[str, Comparison]) -> str:
    """Return the page that shows two recorded walks side by side, given in each language."""
    compared = multilingual.merge(pages)
    files = Files((*SCRIPTS, "sections"), (*STYLES, "compare"))
    return _page("compare.html.j2", list(pages), files, {}, compared=compared)


def atlas(pages: Mapping[str, Atlas]) -> str:
    """Return the page of several walks, given in each language.

    It shows the cards of the last release; those of all are in its data, compressed.
    """
    merged, languages = multilingual.merge(pages), list(pages)
    card = environment(languages).get_template("card.html.j2")
    marked = marker(merged.glossary, languages)
    cards = [
        [card.render(card=each, id=stage.id, marked=marked) for each in stage.cards]
        for stage in merged.stages
    ]
    packed = zlib.compress(json.dumps(cards, ensure_ascii=False).encode(), 9)
    data = {
        "releases": [release.id for release in merged.releases],
        "names": [release.name for release in merged.releases],
        "verdicts": {stage.id: [card.verdict for card in stage.cards] for stage in merged.stages},
        "cards": base64.b64encode(packed).decode(),
    }
    files = Files((*SCRIPTS, *ATLAS_SCRIPTS), (*STYLES, "atlas"))
    shown = [Markup(each[-1]) for each in cards]
    return _page("atlas.html.j2", languages, files, data, atlas=merged, shown=shown, marked=marked)


def _page(
    template: str, languages: Sequence[str], files: Files, data: object, **values: object
) -> str:
    made = environment(languages)
    return page(made, template, languages, files, data, policy(files), **values)
