"""Pages for a browser: self-contained, in all languages at once. Needs Jinja2."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gogdb.render.html import said
from gogdb.render.html.code import highlighted
from gogdb.render.html.svg import drawn_scheduler, drawn_stack
from gogdb.view.pages import Report, StagePage

__all__ = ["report"]

_HERE = Path(__file__).parent


def report(pages: Mapping[str, Report]) -> str:
    """A recorded walk, the same in each language; the first one is shown at first."""
    page = said.merge(pages)
    facts = [_changed(page.stages, i) for i in range(len(page.stages))]
    return _page("report.html.j2", tuple(pages), report=page, data={"facts": facts})


def _changed(stages: Sequence[StagePage], index: int) -> dict[str, list[str] | str | None]:
    """The facts of a stage that are not those of the stage before: `text`, or `[key, text]`."""
    before = stages[index - 1].facts if index else {}
    now = stages[index].facts or before  # of a skipped stage nothing is known
    changed: dict[str, list[str] | str | None] = {name: None for name in before if name not in now}
    for name, fact in now.items():
        if before.get(name) != fact:
            changed[name] = fact.text if fact.key == fact.text else [fact.key, fact.text]
    return changed


def _page(template: str, languages: tuple[str, ...], **values: object) -> str:
    files = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        finalize=said.tell,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    files.filters |= {"label": said.label, "svg": said.svg}
    files.globals |= {
        "say": partial(said.say, languages=languages),
        "kind": lambda part: type(part).__name__,
        "highlighted": highlighted,
        "drawn_stack": drawn_stack,
        "drawn_scheduler": drawn_scheduler,
    }
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return files.get_template(template).render(
        languages=languages,
        css=Markup((_HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        digest=Markup(digest),
        embedded=Markup(_embedded(values.pop("data"))),
        **values,
    )


def _embedded(data: object) -> str:
    """JSON that can stand in a script element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
