"""go-gmp g --group-by: goroutines counted by what they have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gogdb.gdbhost import parameters
from gogdb.runtime.filters import Filter
from gogdb.runtime.groupings import grouping_by
from gogdb.runtime.query import Query
from gogdb.runtime.scheduler import Runtime

if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.commands.output import Output
    from gogdb.view.doc.document import Part

__all__ = ["show"]


def show(
    output: Output, runtime: Runtime, query: Query, options: Namespace, filter: Filter
) -> None:
    """Write the groups of --group-by as a page or as JSON."""
    if options.json:
        output.json_object(_entries(runtime, query, options))
        return
    from gogdb.view.doc.document import Doc

    limit = parameters.limit(options.limit)
    output.doc(Doc(list(_page(runtime, query, options, limit, filter.asks))))


def _entries(runtime: Runtime, query: Query, options: Namespace) -> Iterator[tuple[str, object]]:
    from gogdb.view.json import g_groups
    from gogdb.view.json.problems import problems

    groups = query.groups(grouping_by(runtime, options.group_by))
    yield "go_version", runtime.go_version
    yield "group_by", options.group_by
    yield "groups", g_groups.groups(options.group_by, groups[: options.limit or None])
    yield "problems", problems(runtime, query.problems)
    yield "notes", [*runtime.notes, *(problem.why for problem in query.problems)]
    yield "interrupted", query.status.message


def _page(
    runtime: Runtime, query: Query, options: Namespace, limit: int, filtered: bool
) -> Iterator[Part]:
    from gogdb.i18n import tr
    from gogdb.view import g_groups
    from gogdb.view.doc.document import Note
    from gogdb.view.g_table import folded_line, no_goroutine

    groups = query.groups(grouping_by(runtime, options.group_by))
    with_system = options.system or filtered
    own = [] if with_system else [group for group in groups if group.system]
    shown = groups[: len(groups) - len(own)]  # the runtime's own are last
    if shown:
        yield from g_groups.table(options.group_by, shown, limit)
    elif not own and not query.status.interrupted:
        yield Note(no_goroutine(runtime, filtered))
    if (more := len(shown) - limit) > 0:
        yield Note(tr("{count} more: --limit {all} shows them all", count=more, all=len(shown)))
    yield from folded_line(sum(map(len, own)))
    whys = [problem.why for problem in query.problems]
    for text in filter(None, [query.status.message, *runtime.notes, *whys]):
        yield Note(text, "warn")
