"""Two recorded walks side by side: what another Go release does differently.

What differs between any two runs is left out: addresses, thread ids, source lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

from gogdb.boot.stages import STAGES
from gogdb.i18n import tr
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.view.compare_kinds import Kind, Row, is_threaded, kind
from gogdb.view.compare_sentences import sentences
from gogdb.view.compare_text import OF_THE_RUN, change_text, union, without_run_values
from gogdb.view.doc.document import Cell, Column, Table
from gogdb.view.doc.pages import Comparison, Pair, StructPair
from gogdb.view.narration import Narration
from gogdb.view.saved_walk import SavedLayout, SavedStage, SavedWalk

__all__ = ["comparison"]

_REGISTERS = (AMD64.sp, AMD64.fp, AMD64.g, "tls")  # whose meaning is compared
_ORDERED = re.compile(r"(g1|m0|g0|sched|TLS|allm|allglen|len|p0)\b")  # facts in `_order`


def comparison(a: SavedWalk, b: SavedWalk, narration: Narration) -> Comparison:
    """Return the page in the language in use."""
    names = (a.go_version, b.go_version)
    ids = [stage.id for stage in STAGES if stage.id in a.stages or stage.id in b.stages]
    return Comparison(
        names,
        list(sentences(a, b)) or [tr("The two walks agree in all that is compared here.")],
        _overview(a, b),
        [_pair(narration.title(id), a.stages.get(id), b.stages.get(id), names) for id in ids],
        _order(a, b, names, False),
        _order(a, b, names, True),
        [
            _structs(name, a.layouts[name], b.layouts[name], names)
            for name in a.layouts
            if name in b.layouts
        ],
        _table(tr("constant"), names, _constants(a, b)),
        _differing(tr("function, bytes of code"), a.functions, b.functions, names),
    )


def _table(what: str, names: Sequence[str], rows: Iterable[Row]) -> Table:
    """Return a table with a column for each walk; values that differ are marked."""
    columns = [Column(what), Column(names[0]), Column(names[1])]
    cells = [[Cell(name), _cell(old, False), _cell(new, old != new)] for name, old, new in rows]
    return Table(columns, cells, empty=tr("no difference"))


def _cell(value: object, changed: bool) -> Cell:
    if value is None or value == "":
        return Cell("–", role="dim")
    return Cell(str(value), role="changed" if changed else "")


def _overview(a: SavedWalk, b: SavedWalk) -> Table:
    def seen(walk: SavedWalk) -> str:
        stages = [stage for stage in walk.stages.values() if not stage.skipped]
        return tr("{n} of {all}", n=len(stages), all=len(STAGES))

    def held(walk: SavedWalk) -> str:
        claims = [holds for s in walk.stages.values() for _, holds in s.claims.values()]
        return tr("{n} of {all}", n=sum(claims), all=len(claims))

    rows = [
        ("Go", a.go_version, b.go_version),
        (tr("program"), a.program, b.program),
        (tr("stages seen"), seen(a), seen(b)),
        (tr("claims that hold"), held(a), held(b)),
    ]
    table = _table("", (tr("first"), tr("second")), rows)
    return Table(table.columns, [[Cell(cell.text) for cell in row] for row in table.rows])


def _pair(title: str, a: SavedStage | None, b: SavedStage | None, names: Sequence[str]) -> Pair:
    """Return one stage in both walks; at least one of them has it."""
    stage = a or b
    assert stage is not None
    rows = [(row, is_change) for row, is_change in _stage_rows(a, b) if row[1] != row[2]]
    tables = {
        each: _table(tr("what"), names, [row for row, c in rows if kind(stage.id, row, c) == each])
        for each in get_args(Kind)
    }
    return Pair(stage.id, title, tables["difference"], tables["offset"], tables["chance"], not rows)


def _stage_rows(a: SavedStage | None, b: SavedStage | None) -> Iterator[tuple[Row, bool]]:
    """Yield what is compared, and whether it is a value that the stage changed."""
    if a is None or b is None or a.skipped or b.skipped:
        yield (tr("seen"), _seen(a), _seen(b)), False
        return
    yield (tr("function"), a.function, b.function), False
    yield (tr("source file"), _base(a.file), _base(b.file)), False
    yield (tr("frames, innermost first"), " ← ".join(a.frames), " ← ".join(b.frames)), False
    for name in _REGISTERS:
        old, new = a.meanings.get(name, ""), b.meanings.get(name, "")
        yield (name, without_run_values(old, a), without_run_values(new, b)), False
    for what in union(a.changes, b.changes):
        if what not in OF_THE_RUN:
            yield (
                (tr("changed: {what}", what=what), change_text(a, what), change_text(b, what)),
                True,
            )
    for claim in union(a.claims, b.claims):
        yield (tr("claim {id}", id=claim), _claim(a, claim), _claim(b, claim)), False


def _seen(stage: SavedStage | None) -> str:
    if stage is None:
        return tr("not reached")
    return tr("skipped: {why}", why=stage.skipped) if stage.skipped else tr("seen")


def _base(file: str) -> str:
    return file.rpartition("/")[2]


def _claim(stage: SavedStage, claim: str) -> str:
    if claim not in stage.claims:
        return ""
    text, holds = stage.claims[claim]
    return ("" if holds else "✗ ") + without_run_values(text, stage)


def _order(a: SavedWalk, b: SavedWalk, names: Sequence[str], threaded: bool) -> Table:
    """Return the facts that change at different stages.

    `threaded`: only the stages where several threads run, or only the others.
    """

    def when(walk: SavedWalk) -> dict[str, str]:
        stages: dict[str, list[str]] = {}
        for stage in walk.stages.values():
            for what in stage.changes if is_threaded(stage.id) == threaded else ():
                if _ORDERED.match(what):
                    stages.setdefault(what, []).append(stage.id)
        return {what: ", ".join(ids) for what, ids in stages.items()}

    return _differing(tr("changes at"), when(a), when(b), names)


def _differing(
    what: str, a: Mapping[str, object], b: Mapping[str, object], names: Sequence[str]
) -> Table:
    """Return a table of the names that have different values in `a` and `b`."""
    rows = ((name, a.get(name), b.get(name)) for name in union(a, b))
    return _table(what, names, (row for row in rows if row[1] != row[2]))


def _constants(a: SavedWalk, b: SavedWalk) -> Iterator[Row]:
    """Yield numbers that differ, and of lists of names those that only one walk has."""
    for name in union(a.constants, b.constants):
        old, new = a.constants.get(name), b.constants.get(name)
        if isinstance(old, list) and isinstance(new, list):
            for entry in union(old, new):
                if entry not in old or entry not in new:
                    yield f"{name}: {entry}", _index(entry, old), _index(entry, new)
        elif old != new:
            yield name, old, new


def _index(entry: str, entries: Sequence[str]) -> int | None:
    return entries.index(entry) if entry in entries else None


def _structs(name: str, a: SavedLayout, b: SavedLayout, names: Sequence[str]) -> StructPair:
    changed, moved, one_sided = [], [], set[str]()
    for path in union(a.fields, b.fields):
        old, new = a.fields.get(path), b.fields.get(path)
        if any(outer in one_sided for outer in _outer(path)):
            continue  # the struct around it is listed
        if path.rpartition(".")[2] == "_":
            continue  # padding
        if old is None or new is None or old[1] != new[1]:
            one_sided |= {path} if old is None or new is None else set()
            changed.append((path, _place(old), _place(new)))
        elif old != new:
            moved.append((path, _place(old), _place(new)))
    return StructPair(
        name,
        (str(a.size), str(b.size)),
        _table(tr("field"), names, changed),
        _table(tr("field"), names, moved),
    )


def _outer(path: str) -> Iterator[str]:
    """Yield the paths of the structs around a field, the outermost first."""
    parts = path.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts)))


def _place(place: tuple[int, int] | None) -> str:
    return tr("at {offset}, {size} B", offset=place[0], size=place[1]) if place else ""
