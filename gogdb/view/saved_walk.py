"""Walks read back from `go-boot report FILE.json`, to compare two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gogdb.errors import GogdbError

__all__ = ["SavedLayout", "SavedStage", "SavedWalk", "read_walk"]

T = TypeVar("T")


@dataclass(frozen=True)
class SavedStage:
    """A stage; a skipped one has only `skipped`, which says why."""

    id: str
    skipped: str
    function: str = ""
    file: str = ""
    thread: int = 0
    frames: Sequence[str] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)  # by register
    changes: Mapping[str, tuple[object, object]] = field(default_factory=dict)  # before, after
    claims: Mapping[str, tuple[str, bool]] = field(default_factory=dict)  # text, whether it holds


@dataclass(frozen=True)
class SavedLayout:
    """A struct: its size, and the offset and size of each field, in bytes."""

    size: int
    fields: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class SavedWalk:
    """A walk; `layouts` is empty if the file has only part of it."""

    go_version: str
    program: str
    stages: Mapping[str, SavedStage]
    layouts: Mapping[str, SavedLayout]
    constants: Mapping[str, object]
    functions: Mapping[str, int]


def read_walk(value: object, name: str) -> SavedWalk:
    """Return the walk in a JSON value. Raises `GogdbError` if there is none, about file `name`."""
    try:
        return _walk(_as(dict, value))
    except (KeyError, TypeError, ValueError):
        raise GogdbError(
            f"{name} is not a recorded walk", "`go-boot report FILE.json` writes one"
        ) from None


def _as(kind: type[T], value: object) -> T:
    """Return a value that has the type it should have. Raises `TypeError`."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError
    return value


def _walk(value: Mapping[str, Any]) -> SavedWalk:
    stages = [_stage(_as(dict, stage)) for stage in _as(list, value["stages"])]
    runtime = _as(dict, value.get("runtime", {}))
    return SavedWalk(
        _as(str, value["go_version"]),
        _as(str, value["binary"]),
        {stage.id: stage for stage in stages},
        {
            _as(str, name): SavedLayout(_as(int, layout["size"]), _fields(layout["fields"]))
            for name, layout in _as(dict, runtime.get("layouts", {})).items()
        },
        _as(dict, runtime.get("constants", {})),
        {name: _as(int, size) for name, size in _as(dict, runtime.get("functions", {})).items()},
    )


def _fields(value: object) -> dict[str, tuple[int, int]]:
    fields: dict[str, tuple[int, int]] = {}  # offset and size by path
    for path, place in _as(dict, value).items():
        offset, size = _as(list, place)
        fields[path] = _as(int, offset), _as(int, size)
    return fields


def _stage(value: Mapping[str, Any]) -> SavedStage:
    name, skipped = _as(str, value["id"]), value["skipped"]
    if skipped is not None:
        return SavedStage(name, _as(str, skipped))
    return SavedStage(
        name,
        "",
        function=_as(str, value["function"]),
        file=_as(str, value["file"] or ""),
        thread=_as(int, value["thread"]),
        frames=[_as(str, frame) for frame in _as(list, value["frames"])],
        meanings={name: _as(str, text) for name, text in _as(dict, value["meanings"]).items()},
        changes={
            _as(str, change["what"]): (change["before"], change["after"])
            for change in _as(list, value["changes"])
        },
        claims={
            _as(str, claim["id"]): (_as(str, claim["text"]), _as(bool, claim["holds"]))
            for claim in _as(list, value["claims"])
        },
    )
