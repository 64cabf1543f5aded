"""What the pages share: the environment of their templates, scripts, styles, security policy."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from gogdb.render.html import multilingual
from gogdb.render.html.art import art_lines
from gogdb.render.html.code import highlighted
from gogdb.render.html.scheduler_svg import drawn_scheduler
from gogdb.render.html.stack_svg import drawn_stacks
from gogdb.resources import read_text

__all__ = ["Files", "environment", "page", "policy"]

_PACKAGE = "gogdb.render.html"


class Files(NamedTuple):
    """The names of a page's scripts and styles, without their suffixes."""

    scripts: Sequence[str]
    styles: Sequence[str]


def environment(languages: Sequence[str]) -> Environment:
    """Return what makes templates into pages in these languages."""
    made = Environment(
        loader=FunctionLoader(lambda name: read_text(_PACKAGE, f"templates/{name}")),
        autoescape=True,
        finalize=multilingual.html_text,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "attribute": multilingual.html_attribute,
        "content": multilingual.html_content,
        "svg": multilingual.svg_text,
    }
    made.globals |= {
        "tr": partial(multilingual.tr, languages=languages),
        "kind": lambda part: type(part).__name__,
        "art_lines": art_lines,
        "highlighted": highlighted,
        "drawn_stacks": drawn_stacks,
        "drawn_scheduler": drawn_scheduler,
    }
    return made


def policy(files: Files, *more: str) -> str:
    """Return a page's Content-Security-Policy: only the script that it was made with runs."""
    digest = base64.b64encode(hashlib.sha256(_script(files).encode()).digest()).decode()
    own = ("default-src 'none'", "style-src 'unsafe-inline'", f"script-src 'sha256-{digest}'")
    return "; ".join([*own, *more])


def page(
    made: Environment,
    template: str,
    languages: Sequence[str],
    files: Files,
    data: object,
    policy: str,
    **values: object,
) -> str:
    """Return a page; `data` is for its script."""
    return made.get_template(template).render(
        languages=languages,
        css=Markup(_joined("styles", files.styles, "css")),
        script=Markup(_script(files)),
        policy=Markup(policy),
        embedded=Markup(_embedded(data)),
        **values,
    )


def _script(files: Files) -> str:
    return _joined("scripts", [*files.scripts, "start"], "js")


def _joined(folder: str, names: Sequence[str], suffix: str) -> str:
    files = (f"{folder}/{name}.{suffix}" for name in names)
    return "\n".join(read_text(_PACKAGE, file) for file in files)


def _embedded(data: object) -> str:
    """Return JSON that is safe inside a script element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
