"""`go-boot report FILE`: the recorded walk as a page, as Markdown, as JSON."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from gogdb.boot.walk import Walk
from gogdb.commands.output import Output
from gogdb.dependencies import require
from gogdb.errors import GogdbError
from gogdb.gdbhost import parameters
from gogdb.i18n import LANGUAGES, use_language
from gogdb.view import boot
from gogdb.view.json import boot as boot_json
from gogdb.view.json.runtime import runtime_json
from gogdb.view.narration import narration
from gogdb.view.summary import summary

__all__ = ["check", "write"]


def check(path: str) -> None:
    """Raises `GogdbError` where no report can be written as `path` is called."""
    if os.path.splitext(path)[1] not in _FORMATS:
        names = ", ".join(_FORMATS)
        raise GogdbError(
            f"cannot write a report as {path}", f"name a file that ends in one of {names}"
        )


def write(walk: Walk, program: str, path: str) -> None:
    """Write the walk, in the format that the file's name asks for."""
    check(path)
    make = _FORMATS[os.path.splitext(path)[1]]
    made = make(walk, program)
    with Output.open(path) as output:
        made(output)


def _html(walk: Walk, program: str) -> Callable[[Output], None]:
    require("jinja2", "markupsafe")
    from gogdb.render import html
    from gogdb.view.report import report

    pages = {}
    version = walk.program.target.binary.go_version
    for language in sorted(LANGUAGES, key=lambda name: name != parameters.language()):
        with use_language(language):
            pages[language] = report(walk.records, version, program, narration(language))
    page = html.report(pages)
    return lambda output: output.line(page)


def _markdown(walk: Walk, program: str) -> Callable[[Output], None]:
    require()
    from gogdb.render import markdown

    language = parameters.language()
    words = narration(language)
    with use_language(language):
        docs, before = [], None
        for record in walk.records:
            docs.append(boot.card(record, before, words))
            before = record if record.observations else before
        lines = list(markdown.render([*docs, summary(walk.records)]))
    version = walk.program.target.binary.go_version
    title = markdown.title(f"{os.path.basename(program)}, {version}")
    return lambda output: output.line("\n".join([title, "", *lines]).rstrip())


def _json(walk: Walk, program: str) -> Callable[[Output], None]:
    words = narration(parameters.language())
    version = walk.program.target.binary.go_version
    told = boot_json.as_json(walk.records, version, program, words, walk.over)
    told |= {"runtime": runtime_json(walk.program, walk.records)}
    return lambda output: output.json(told)


_FORMATS: Mapping[str, Callable[[Walk, str], Callable[[Output], None]]] = {
    ".html": _html,
    ".md": _markdown,
    ".json": _json,
}
