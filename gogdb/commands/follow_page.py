"""`go-boot follow --out FILE.html`: the round as a page for a browser."""

from __future__ import annotations

from collections.abc import Callable

import gdb

from gogdb.commands.output import Output
from gogdb.dependencies import require
from gogdb.follow.follower import Follower
from gogdb.gdbhost import parameters
from gogdb.i18n import in_languages
from gogdb.view.doc.pages import Report
from gogdb.view.narration import narration

__all__ = ["is_page", "write"]


def is_page(path: str | None) -> bool:
    """Report whether a file of this name gets a page."""
    return path is not None and path.endswith(".html")


def write(
    follower: Follower,
    program: str,
    path: str,
    say_what_is_awaited: Callable[[Follower], object],
    why_incomplete: Callable[[Follower], str],
) -> None:
    """Follow to the end and write the steps that were seen, also if an error ends it."""
    require("jinja2", "markupsafe")
    with Output.open(path) as output:
        try:
            while not follower.is_over:
                say_what_is_awaited(follower)
                if follower.next_step() is None:
                    break
        finally:
            if follower.records:
                output.line(_page(follower, program, why_incomplete))
    gdb.write(f"{len(follower.records)} steps written to {path}\n")


def _page(follower: Follower, program: str, why_incomplete: Callable[[Follower], str]) -> str:
    from gogdb.render import html
    from gogdb.view.follow_page import follow_page

    version = follower.program.target.binary.go_version

    def page(language: str) -> Report:
        why, texts = why_incomplete(follower), narration(language, "follow")
        return follow_page(follower.records, follower.g, version, program, texts, why)

    return html.followed(in_languages(page, first=parameters.language()))
