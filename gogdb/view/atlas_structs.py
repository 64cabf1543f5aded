"""The structs of the runtime in several Go releases: their fields and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.i18n import tr
from gogdb.view.compare_sentences import listed
from gogdb.view.compare_text import union
from gogdb.view.doc.document import Cell, Column, Table
from gogdb.view.saved_walk import SavedLayout, SavedWalk

__all__ = ["field_sentences", "struct_sizes"]


def struct_sizes(releases: Sequence[str], walks: Sequence[SavedWalk]) -> Table:
    """Return the size of each struct in each release, in bytes; a change is marked."""
    names: list[str] = []
    for each in walks:
        names = union(names, each.layouts)
    rows = []
    for name in names:
        sizes = [each.layouts[name].size if name in each.layouts else None for each in walks]
        befores = [None, *sizes[:-1]]
        rows.append([Cell(name), *(_size(a, b) for a, b in zip(befores, sizes, strict=True))])
    columns = [Column(release, "right") for release in releases]
    return Table([Column(tr("struct, bytes")), *columns], rows)


def _size(before: int | None, size: int | None) -> Cell:
    if size is None:
        return Cell("–", role="dim")
    return Cell(str(size), role="changed" if before not in (None, size) else "")


def field_sentences(old: SavedWalk, new: SavedWalk) -> Iterator[str]:
    """Yield the fields that came, went and changed their size, of each struct."""
    for name in new.layouts:
        if name not in old.layouts:
            continue
        a, b = old.layouts[name], new.layouts[name]
        if added := _only_in(b, a):
            yield tr("New fields of {struct}: {names}.", struct=name, names=listed(added))
        if gone := _only_in(a, b):
            yield tr("Fields of {struct} that are gone: {names}.", struct=name, names=listed(gone))
        if resized := list(_resized(a, b)):
            text = tr(
                "Fields of {struct} with another size in bytes: {names}.",
                struct=name,
                names=listed(resized),
            )
            yield text


def _only_in(a: SavedLayout, b: SavedLayout) -> list[str]:
    """Return the fields that only `a` has, without those inside them, and without padding."""
    only = {path for path in a.fields if path not in b.fields}
    return [
        path
        for path in a.fields
        if path in only and not _is_padding(path) and not only & set(_around(path))
    ]


def _resized(a: SavedLayout, b: SavedLayout) -> Iterator[str]:
    for path, (_, size) in b.fields.items():
        if "." not in path and not _is_padding(path) and path in a.fields:
            before = a.fields[path][1]
            if before != size:
                yield f"{path} ({before} → {size})"


def _is_padding(path: str) -> bool:
    return path.rpartition(".")[2] == "_"


def _around(path: str) -> Iterator[str]:
    """Yield the paths of the structs around a field."""
    parts = path.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts)))
