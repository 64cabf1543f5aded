"""go-gmp g --tree: goroutines under those that created them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.runtime.creation_tree import Branch, CreationTree
from gogdb.runtime.model import NEW_G
from gogdb.view.address_text import g_label
from gogdb.view.doc.document import Cell, Column, Note, Part, Role, Table
from gogdb.view.format import name, number, unreadable
from gogdb.view.place import text_of

__all__ = ["table"]

_MOST_NAMED = 2  # goroutines of a row
_DEEPEST = 6  # levels that are drawn; of deeper ones the number is written


class _Place(NamedTuple):
    """A branch, its level, and for each level down to it, as far as drawn, whether that goes on."""

    branch: Branch
    level: int
    goes_on: tuple[bool, ...]


def table(tree: CreationTree, limit: int) -> list[Part]:
    """Return the first `limit` branches, and how many more there are."""
    places = list(_places(tree.roots()))
    shown = list(islice(places, limit))
    columns = (
        Column(tr("Gs"), "right", 9),
        Column(tr("goroutines"), keep=9),
        Column(tr("status"), keep=8),
        Column(tr("where"), keep=9),
        Column(tr("created by"), keep=6),
        Column(tr("started in"), keep=5),
    )
    rows = [_row(place, tree.is_complete) for place in shown]
    parts: list[Part] = [Table(columns, rows)]
    if more := len(places) - len(shown):
        text = tr("{count} more: --limit {all} shows them all", count=more, all=len(places))
        parts.append(Note(text))
    return parts + _legend(shown, tree.is_complete)


def _places(roots: Sequence[Branch]) -> Iterator[_Place]:
    """Yield all branches, each before what grows from it."""
    left = _level(roots, 0, ())
    while left:
        place = left.pop()
        yield place
        left += _level(place.branch.created, place.level + 1, place.goes_on)


def _level(branches: Sequence[Branch], level: int, above: tuple[bool, ...]) -> list[_Place]:
    """Return the branches of one level, the last one first."""
    goes_on = [True] * (len(branches) - 1) + [False]
    return [
        _Place(branch, level, (*above, on)[: _DEEPEST + 1])
        for branch, on in zip(reversed(branches), reversed(goes_on), strict=False)
    ]


def _row(place: _Place, is_complete: bool) -> list[Cell]:
    branch, alike = place.branch, place.branch.alike
    role: Role = "strong" if alike.asked_for else "dim"
    status = ", ".join(filter(None, (alike.status, alike.reason)))
    if _has_ended(branch):
        status = tr("ended") if is_complete else tr("not found")
    where = text_of(alike.place) if alike.place else ""
    if alike.ran:
        where = tr("in {function}", function=alike.ran)
    return [
        number(len(branch.goids), "number" if alike.asked_for else "dim"),
        Cell(_lines(place) + _names(branch), branch.goids[0], role),
        Cell(status, status, "status" if alike.asked_for else "dim"),
        unreadable(alike.unreadable) if alike.unreadable else name(where, "function"),
        name(alike.creator, "function"),
        name(alike.start, "function"),
    ]


def _has_ended(branch: Branch) -> bool:
    """Report whether these are creators that have ended, and not asked for."""
    return not branch.alike.asked_for and branch.alike.status in ("", "dead")


def _lines(place: _Place) -> str:
    """Return what is drawn before the names: nothing on the first level."""
    if place.level > _DEEPEST:
        return f"… {place.level} "
    *above, last = place.goes_on
    lines = "".join("│ " if on else "  " for on in above[1:])
    return lines + ("├ " if last else "└ ") if above else ""


def _names(branch: Branch) -> str:
    without = "g?" if branch.alike.unreadable else g_label(NEW_G)
    names = [f"g{goid}" if goid else without for goid in branch.goids[:_MOST_NAMED]]
    return " ".join(names) + (" …" if len(branch.goids) > len(names) else "")


def _legend(places: Sequence[_Place], is_complete: bool) -> list[Part]:
    """Return what the words and signs of the table mean."""
    notes: list[Part] = []
    if is_complete and any(_has_ended(place.branch) for place in places):
        text = tr("ended: a goroutine keeps the goid of its creator, which may no longer exist")
        notes.append(Note(text))
    if any(place.level > _DEEPEST for place in places):
        notes.append(Note(tr("…: the number of the level, below {deepest}", deepest=_DEEPEST)))
    return notes
