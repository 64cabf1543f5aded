"""A recorded walk read back from its JSON (`report FILE.json`), for comparing two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gogdb.errors import GogdbError

__all__ = ["RecordedLayout", "RecordedStage", "RecordedWalk", "recorded"]

T = TypeVar("T")


@dataclass(frozen=True)
class RecordedStage:
    """What a stage was like; a skipped one has nothing but why."""

    id: str
    skipped: str
    function: str = ""
    file: str = ""
    thread: int = 0
    frames: Sequence[str] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    claims: Mapping[str, tuple[str, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordedLayout:
    """A struct: its size and its fields' offset and size, in bytes."""

    size: int
    fields: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class RecordedWalk:
    """A whole walk; without `layouts` it is one that only part of was written."""

    go_version: str
    program: str
    stages: Mapping[str, RecordedStage]
    layouts: Mapping[str, RecordedLayout]
    constants: Mapping[str, object]
    functions: Mapping[str, int]


def recorded(value: object, name: str) -> RecordedWalk:
    """The walk in a JSON value. Raises `GogdbError` when it is none; `name` names it."""
    try:
        return _walk(_as(dict, value))
    except (KeyError, TypeError, ValueError):
        raise GogdbError(
            f"{name} is not a recorded walk", "`go-boot report FILE.json` writes one"
        ) from None


def _as(kind: type[T], value: object) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError
    return value


def _walk(value: Mapping[str, Any]) -> RecordedWalk:
    stages = [_stage(_as(dict, stage)) for stage in _as(list, value["stages"])]
    runtime = _as(dict, value.get("runtime", {}))
    return RecordedWalk(
        _as(str, value["go_version"]),
        _as(str, value["binary"]),
        {stage.id: stage for stage in stages},
        {
            _as(str, name): RecordedLayout(_as(int, told["size"]), _fields(told["fields"]))
            for name, told in _as(dict, runtime.get("layouts", {})).items()
        },
        _as(dict, runtime.get("constants", {})),
        {name: _as(int, size) for name, size in _as(dict, runtime.get("functions", {})).items()},
    )


def _fields(value: object) -> dict[str, tuple[int, int]]:
    fields: dict[str, tuple[int, int]] = {}
    for path, place in _as(dict, value).items():
        offset, size = _as(list, place)
        fields[path] = (_as(int, offset), _as(int, size))
    return fields


def _stage(value: Mapping[str, Any]) -> RecordedStage:
    name, skipped = _as(str, value["id"]), value["skipped"]
    if skipped is not None:
        return RecordedStage(name, _as(str, skipped))
    return RecordedStage(
        name,
        "",
        function=_as(str, value["function"]),
        file=_as(str, value["file"] or ""),
        thread=_as(int, value["thread"]),
        frames=[_as(str, frame) for frame in _as(list, value["frames"])],
        meanings={word: _as(str, told) for word, told in _as(dict, value["meanings"]).items()},
        changes={
            _as(str, change["what"]): (change["before"], change["after"])
            for change in _as(list, value["changes"])
        },
        claims={
            _as(str, claim["id"]): (_as(str, claim["text"]), _as(bool, claim["holds"]))
            for claim in _as(list, value["claims"])
        },
    )
