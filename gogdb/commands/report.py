"""`go-boot report FILE`: the recorded walk as a page, as Markdown, as JSON."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gogdb.boot.process_stack import without_environment_values
from gogdb.boot.stage import Record
from gogdb.boot.walk import Walk
from gogdb.commands.output import Output
from gogdb.dependencies import require
from gogdb.errors import GogdbError
from gogdb.files.target import find_target, short_name
from gogdb.gdbhost import parameters
from gogdb.gdbhost.open_files import files_in_use
from gogdb.i18n import LANGUAGES, use_language
from gogdb.view import boot
from gogdb.view.json import boot as boot_json
from gogdb.view.json.runtime import runtime_json
from gogdb.view.narration import narration
from gogdb.view.summary import summary

__all__ = ["check", "write"]

Write = Callable[[Output], None]


def check(path: str) -> None:
    """Raise `GogdbError` unless the suffix of `path` names a format and it can be written."""
    if os.path.splitext(path)[1] not in _FORMATS:
        names = ", ".join(_FORMATS)
        raise GogdbError(
            f"cannot write a report as {short_name(path)}",
            f"name a file that ends in one of {names}",
        )
    find_target(path, files_in_use)


def write(walk: Walk, program: str, path: str, env: bool) -> None:
    """Write the walk in the format that the suffix of `path` names. `program` is its file's path.

    `env` keeps the values of the environment variables. The whole report is made before the file
    is opened. Raises `GogdbError`.
    """
    check(path)
    make = _FORMATS[os.path.splitext(path)[1]]
    records = walk.records if env else [_without_environment(record) for record in walk.records]
    write_to = make(walk, records, program)
    with Output.open(path) as output:
        write_to(output)


def _without_environment(record: Record) -> Record:
    """Return the record without the values of the environment variables, for a file to share."""
    return replace(
        record,
        observations=[
            replace(seen, process=without_environment_values(seen.process))
            if seen.process
            else seen
            for seen in record.observations
        ],
    )


def _html(walk: Walk, records: Sequence[Record], program: str) -> Write:
    require("jinja2", "markupsafe")
    from gogdb.render import html
    from gogdb.view.report import report

    pages = {}
    version = walk.program.target.binary.go_version
    for language in sorted(LANGUAGES, key=lambda name: name != parameters.language()):
        with use_language(language):
            pages[language] = report(records, version, program, narration(language))
    page = html.report(pages)
    return lambda output: output.line(page)


def _markdown(walk: Walk, records: Sequence[Record], program: str) -> Write:
    require()
    from gogdb.render import markdown

    language = parameters.language()
    text = narration(language)
    with use_language(language):
        docs, before = [], None
        for record in records:
            docs.append(boot.card(record, before, text))
            before = record if record.observations else before
        lines = list(markdown.render([*docs, summary(records)]))
    version = walk.program.target.binary.go_version
    title = markdown.title(f"{os.path.basename(program)}, {version}")
    return lambda output: output.line("\n".join([title, "", *lines]).rstrip())


def _json(walk: Walk, records: Sequence[Record], program: str) -> Write:
    text = narration(parameters.language())
    version = walk.program.target.binary.go_version
    report = boot_json.as_json(records, version, program, text, walk.over)
    report |= {"runtime": runtime_json(walk.program, records)}
    return lambda output: output.json(report)


_FORMATS: Mapping[str, Callable[[Walk, Sequence[Record], str], Write]] = {
    ".html": _html,
    ".md": _markdown,
    ".json": _json,
}
