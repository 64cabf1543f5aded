"""What goroutines can be counted by: their place, creator, start function, labels, wait reason."""

from __future__ import annotations

from collections.abc import Callable

from gogdb.runtime.batch import Batch
from gogdb.runtime.groups import Grouping, Value
from gogdb.runtime.model import LabelSet, is_dead
from gogdb.runtime.place import place_of
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Shape

__all__ = ["grouping_by", "label_key"]


def label_key(by: str) -> str:
    """Return the key of "label=KEY", "" for other groupings."""
    name, _, key = by.partition("=")
    return key if name == "label" else ""


def grouping_by(runtime: Runtime, by: str) -> Grouping:
    """Return one of the groupings "where", "creator", "start", "reason", "label", "label=KEY".

    Their values are, in this order: a `Place`, the name of a function, of another one, a wait
    reason, the pairs of a `LabelSet`, and the value of one label. None stands for none.
    """
    match by.partition("=")[0]:
        case "where":
            return Grouping(("unreadable", "atomicstatus"), _place)
        case "creator":
            return _function(runtime, "gopc")
        case "start":
            return _function(runtime, "startpc")
        case "reason":
            return _reason(runtime)
    return _labels(runtime, label_key(by))


def _place(shape: Shape, unreadable: str, status: int) -> Value:
    if unreadable or is_dead(status):
        return Value(None, unreadable)
    return Value(place_of(shape), "" if shape.frames else shape.ended or "")


def _function(runtime: Runtime, field: str) -> Grouping:
    names = runtime.function_names
    return _readable(lambda pc: Value(names.get(pc) or None), field)


def _reason(runtime: Runtime) -> Grouping:
    def value(status: int, code: int) -> Value:
        return Value(runtime.constants.status_and_reason(status, code)[1] or None)

    return _readable(value, "atomicstatus", "waitreason_code")


def _labels(runtime: Runtime, key: str) -> Grouping:
    def value(address: int) -> Value:
        found = runtime.labels.get(address, LabelSet()) if address else LabelSet()
        return Value(found.value(key) if key else found.pairs or None, found.unreadable)

    def read(gs: Batch) -> None:
        runtime.labels.read(gs.column("labels"))

    return _readable(value, "labels", read=read)


def _readable(
    value: Callable[..., Value], *fields: str, read: Callable[[Batch], object] = bool
) -> Grouping:
    """Return a grouping by fields of those goroutines that can be read."""

    def of_all(_: Shape, unreadable: str, *values: object) -> Value:
        return Value(None, unreadable) if unreadable else value(*values)

    return Grouping(("unreadable", *fields), of_all, read)
