"""`go-boot report FILE`: the recorded walk as a page, Markdown, JSON or an asciicast."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gogdb.boot.process_stack import without_environment_values
from gogdb.boot.stage import Record
from gogdb.boot.walk import Walk
from gogdb.commands.output import Output
from gogdb.dependencies import require
from gogdb.errors import GogdbError
from gogdb.files.target import find_target, short_name
from gogdb.gdbhost import parameters
from gogdb.gdbhost.open_files import files_in_use
from gogdb.i18n import in_languages, use_language
from gogdb.view import boot
from gogdb.view.doc.document import Doc
from gogdb.view.doc.pages import Report
from gogdb.view.json import boot as boot_json
from gogdb.view.json.cards import cards_json
from gogdb.view.json.runtime import runtime_json
from gogdb.view.narration import narration
from gogdb.view.screens import LEAST_HEIGHT, WalkScreens, scenes, walk_screens
from gogdb.view.summary import summary

if TYPE_CHECKING:
    from gogdb.render.cast import Version

__all__ = ["check", "without_environment", "write"]

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


def write(
    walk: Walk,
    program: str,
    path: str,
    env: bool,
    cast_version: Version = 2,
    longest_pause: float | None = None,
) -> None:
    """Write the walk in the format that the suffix of `path` names. `program` is its file's path.

    `env` keeps the values of the environment variables. The pauses of an asciicast are at most
    `longest_pause` seconds. The whole report is made before the file
    is opened. Raises `GogdbError`.
    """
    check(path)
    make = _FORMATS[os.path.splitext(path)[1]]
    records = walk.records if env else [without_environment(record) for record in walk.records]
    write_to = make(_Walked(walk, records, program, cast_version, longest_pause))
    with Output.open(path) as output:
        write_to(output)


class _Walked(NamedTuple):
    """A walk, and what to write of it. `program` is the path of its file."""

    walk: Walk
    records: Sequence[Record]
    program: str
    cast_version: Version
    longest_pause: float | None

    @property
    def go_version(self) -> str:
        return self.walk.program.target.binary.go_version

    def screens(self) -> WalkScreens:
        """Return the walk as it is on the screen, in the language in use."""
        debug_info = self.walk.program.target.binary.has_debug_info
        name = os.path.basename(self.program)
        return walk_screens(self.records, name, self.go_version, debug_info)


def without_environment(record: Record) -> Record:
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


def _html(walked: _Walked) -> Write:
    require("jinja2", "markupsafe")
    from gogdb.render import html

    page = html.report(_pages(walked))
    return lambda output: output.line(page)


def _pages(walked: _Walked) -> Mapping[str, Report]:
    """Return the page in each language, that of the setting first."""
    from gogdb.view.report import report

    def page(language: str) -> Report:
        return report(walked.records, walked.go_version, walked.program, narration(language))

    return in_languages(page, first=parameters.language())


def _markdown(walked: _Walked) -> Write:
    require()
    from gogdb.render import markdown

    language = parameters.language()
    text = narration(language)
    with use_language(language):
        docs, before = [], None
        for record in walked.records:
            docs.append(boot.card(record, before, text))
            before = record if record.observations else before
        lines = list(markdown.render([*docs, summary(walked.records)]))
    title = markdown.title(f"{os.path.basename(walked.program)}, {walked.go_version}")
    return lambda output: output.line("\n".join([title, "", *lines]).rstrip())


def _json(walked: _Walked) -> Write:
    text = narration(parameters.language())
    walk, records = walked.walk, walked.records
    shared = walked._replace(records=[without_environment(record) for record in records])
    report = boot_json.as_json(records, walked.go_version, walked.program, text, walk.over)
    screens = in_languages(lambda language: shared.screens())
    report |= {"runtime": runtime_json(walk.program, records)}
    report |= {"cards": cards_json(_pages(shared), screens)}
    return lambda output: output.json(report)


def _cast(walked: _Walked) -> Write:
    require()
    from gogdb.render.ansi import render
    from gogdb.render.cast import LONGEST_PAUSE, cast

    width, height = parameters.width(), max(LEAST_HEIGHT, parameters.height())

    def layout(doc: Doc) -> list[str]:
        return list(render(doc, width=width, color=True))

    with use_language(parameters.language()):
        screens = walked.screens()
        played = list(scenes(screens, layout, height))
    recording = cast(
        played,
        title=screens.title,
        width=width,
        height=height,
        version=walked.cast_version,
        longest_pause=walked.longest_pause or LONGEST_PAUSE,
    )
    lines = list(recording)
    return lambda output: output.line("\n".join(lines))


_FORMATS: Mapping[str, Callable[[_Walked], Write]] = {
    ".html": _html,
    ".md": _markdown,
    ".json": _json,
    ".cast": _cast,
}
