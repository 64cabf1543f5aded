"""go-gmp g --tree: goroutines under those that created them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gogdb.gdbhost import parameters
from gogdb.runtime.creation_tree import CreationTree
from gogdb.runtime.filters import Filter
from gogdb.runtime.query import Query
from gogdb.runtime.scheduler import Runtime
from gogdb.view import g_tree
from gogdb.view.doc.document import Doc, Note, Part
from gogdb.view.g_table import folded_line, no_goroutine, totals

if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.commands.output import Output

__all__ = ["show"]


def show(
    output: Output, runtime: Runtime, query: Query, options: Namespace, filter: Filter
) -> None:
    """Write the page of --tree."""
    limit = parameters.limit(options.limit)
    tree = query.creations(with_system=options.system or filter.asks)
    output.doc(Doc(list(_page(runtime, query, tree, limit, filter.asks))))


def _page(
    runtime: Runtime, query: Query, tree: CreationTree, limit: int, filtered: bool
) -> Iterator[Part]:
    yield from totals(tree.totals)
    if tree.totals.total() > tree.folded:
        yield from g_tree.table(tree, limit)
    elif not tree.folded and not query.status.interrupted:
        yield Note(no_goroutine(runtime, filtered))
    yield from folded_line(tree.folded)
    whys = [problem.why for problem in (*query.problems, *tree.problems)]
    for text in filter(None, [query.status.message, *runtime.notes, *whys]):
        yield Note(text, "warn")
