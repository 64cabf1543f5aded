"""Two recorded walks side by side: what another Go does otherwise on the same road.

What differs between any two runs is left out: addresses, thread ids, lines of the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gogdb.boot.stages import STAGES
from gogdb.i18n import tr
from gogdb.view.doc import Cell, Column, Table
from gogdb.view.doc.pages import Comparison, Pair, StructPair
from gogdb.view.narration import Narration
from gogdb.view.saved_walk import RecordedLayout, RecordedStage, RecordedWalk

__all__ = ["comparison"]

_ADDRESS = re.compile(r"0x[0-9a-f]{5,}")
_NAMED = ("rsp", "rbp", "r14", "tls")  # registers whose meaning is compared
_RUN = ("m0.procid",)  # facts that tell of the run and not of the runtime
_ORDER = re.compile(r"(g1|m0|g0|sched|TLS|allm|allglen|len|p0)\b")


def comparison(a: RecordedWalk, b: RecordedWalk, words: Narration) -> Comparison:
    """The page in the language that is spoken; `words` for the stages' titles."""
    names = (a.go_version, b.go_version)
    known = [stage.id for stage in STAGES if stage.id in a.stages or stage.id in b.stages]
    return Comparison(
        names,
        _overview(a, b),
        [_pair(words.title(id), a.stages.get(id), b.stages.get(id), names) for id in known],
        _order(a, b),
        [
            _structs(name, a.layouts[name], b.layouts[name], names)
            for name in a.layouts
            if name in b.layouts
        ],
        _table(tr("constant"), names, _constants(a, b)),
        _differing(tr("function, bytes of code"), a.functions, b.functions, names),
    )


def _columns(what: str, names: Sequence[str]) -> list[Column]:
    return [Column(what), Column(names[0]), Column(names[1])]


def _rows(rows: Iterable[tuple[str, object, object]]) -> list[list[Cell]]:
    """A row each: what it is, and how it is in either; what differs is marked."""
    return [[Cell(what), _cell(old, False), _cell(new, old != new)] for what, old, new in rows]


def _cell(value: object, changed: bool) -> Cell:
    if value is None or value == "":
        return Cell("–", role="dim")
    return Cell(str(value), role="changed" if changed else "")


def _table(
    what: str, names: Sequence[str], rows: Iterable[tuple[str, object, object]], title: str = ""
) -> Table:
    return Table(_columns(what, names), _rows(rows), title, tr("no difference"))


def _overview(a: RecordedWalk, b: RecordedWalk) -> Table:
    def seen(walk: RecordedWalk) -> str:
        stages = [stage for stage in walk.stages.values() if not stage.skipped]
        return tr("{n} of {all}", n=len(stages), all=len(STAGES))

    def held(walk: RecordedWalk) -> str:
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


def _pair(
    title: str, a: RecordedStage | None, b: RecordedStage | None, names: Sequence[str]
) -> Pair:
    rows = [row for row in _stage_rows(a, b) if row[1] != row[2]]
    told = a or b
    assert told is not None
    return Pair(told.id, title, _table(tr("what"), names, rows), not rows)


def _stage_rows(
    a: RecordedStage | None, b: RecordedStage | None
) -> Iterator[tuple[str, object, object]]:
    if a is None or b is None or a.skipped or b.skipped:
        yield tr("seen"), _seen(a), _seen(b)
        return
    yield tr("function"), a.function, b.function
    yield tr("source file"), _base(a.file), _base(b.file)
    yield tr("frames, innermost first"), " ← ".join(a.frames), " ← ".join(b.frames)
    for name in _NAMED:
        yield name, _bare(a.meanings.get(name, ""), a), _bare(b.meanings.get(name, ""), b)
    for what in _both(a.changes, b.changes):
        if what not in _RUN:
            yield tr("changed: {what}", what=what), _change(a, what), _change(b, what)
    for claim in _both(a.claims, b.claims):
        old, new = (_claim(stage, claim) for stage in (a, b))
        yield tr("claim {id}", id=claim), old, new


def _seen(stage: RecordedStage | None) -> str:
    if stage is None:
        return tr("not reached")
    return tr("skipped: {why}", why=stage.skipped) if stage.skipped else tr("seen")


def _base(file: str) -> str:
    return file.rpartition("/")[2]


def _bare(text: str, stage: RecordedStage) -> str:
    """Without what is another in every run."""
    text = _ADDRESS.sub(tr("(address)"), text)
    return re.sub(rf"\b{stage.thread}\b", tr("(thread id)"), text) if stage.thread else text


def _change(stage: RecordedStage, what: str) -> str:
    if what not in stage.changes:
        return ""
    before, after = (
        "–" if value in (None, "") else _bare(str(value), stage) for value in stage.changes[what]
    )
    return f"{before} → {after}"


def _claim(stage: RecordedStage, claim: str) -> str:
    if claim not in stage.claims:
        return ""
    text, holds = stage.claims[claim]
    return ("" if holds else "✗ ") + _bare(text, stage)


def _both(a: Iterable[str], b: Iterable[str]) -> list[str]:
    first = list(a)
    return first + [name for name in b if name not in set(first)]


def _order(a: RecordedWalk, b: RecordedWalk) -> Table:
    """The facts that change at other stages of the road."""

    def when(walk: RecordedWalk) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for stage in walk.stages.values():
            for what in stage.changes:
                if _ORDER.match(what):
                    found.setdefault(what, []).append(stage.id)
        return {what: ", ".join(ids) for what, ids in found.items()}

    return _differing(tr("changes at"), when(a), when(b), (a.go_version, b.go_version))


def _differing(
    what: str, a: Mapping[str, object], b: Mapping[str, object], names: Sequence[str]
) -> Table:
    rows = ((name, a.get(name), b.get(name)) for name in _both(a, b))
    return _table(what, names, (row for row in rows if row[1] != row[2]))


def _constants(a: RecordedWalk, b: RecordedWalk) -> Iterator[tuple[str, object, object]]:
    """Numbers that differ; of lists of names, those that only one of them has."""
    for name in _both(a.constants, b.constants):
        old, new = a.constants.get(name), b.constants.get(name)
        if isinstance(old, list) and isinstance(new, list):
            for said in _both(old, new):
                if said not in old or said not in new:
                    yield f"{name}: {said}", _number(said, old), _number(said, new)
        elif old != new:
            yield name, old, new


def _number(said: str, names: Sequence[str]) -> int | None:
    return names.index(said) if said in names else None


def _structs(name: str, a: RecordedLayout, b: RecordedLayout, names: Sequence[str]) -> StructPair:
    changed, moved, told = [], [], set[str]()
    for path in _both(a.fields, b.fields):
        old, new = a.fields.get(path), b.fields.get(path)
        if any(outer in told for outer in _outer(path)):
            continue  # told by what it is part of
        if path.rpartition(".")[2] == "_":
            continue  # mere padding
        if old is None or new is None or old[1] != new[1]:
            told |= {path} if old is None or new is None else set()
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
    parts = path.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts)))


def _place(place: tuple[int, int] | None) -> str:
    return tr("at {offset}, {size} B", offset=place[0], size=place[1]) if place else ""
