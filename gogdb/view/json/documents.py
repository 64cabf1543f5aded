"""Documents as JSON, and back: dataclasses of strings, numbers and other dataclasses.

A field that has its default value is left out. Where a field may hold several classes, the object
names its own as `class`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

__all__ = ["from_json", "to_json"]

T = TypeVar("T")

_LARGEST = 1 << 64  # of a number: addresses are below
_MOST_CELLS = 1 << 10  # of a span, which is filled up with blanks: some 30 are asked for
_LISTS = {Sequence: list}


def to_json(value: object, hint: Any = None) -> object:
    """Return a dataclass, or what one holds, as plain data. `hint` is the type of the field."""
    if isinstance(value, list | tuple):
        chosen = _alternative(hint, list) if _is_union(hint) else hint
        return [to_json(*pair) for pair in zip(value, _item_types(chosen, len(value)), strict=True)]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    hints = _hints(type(value))
    return ({"class": type(value).__name__} if _is_union(hint) else {}) | {
        field.name: to_json(getattr(value, field.name), hints[field.name])
        for field in fields(value)
        if hints[field.name] is not object and not _is_default(field, getattr(value, field.name))
    }


def from_json(kind: type[T], data: object) -> T:
    """Return a dataclass from plain data. Raises `ValueError` if the data is not one."""
    made: T = _made(kind, data)
    return made


def _made(kind: Any, data: object) -> Any:
    if not isinstance(data, Mapping):
        raise ValueError(f"no {kind.__name__}")
    hints = {name: hint for name, hint in _hints(kind).items() if hint is not object}
    given: Any = {n: _value(hint, data[n]) for n, hint in hints.items() if n in data}
    if given.get("min_cells", 0) > _MOST_CELLS:
        raise ValueError(f"{given['min_cells']} cells")
    try:
        return kind(**given)
    except TypeError as error:  # a field is missing
        raise ValueError(str(error)) from None


def _value(hint: Any, data: object) -> object:
    """Return the value of a field of this type. Raises `ValueError` for data of another type."""
    if _is_union(hint):
        name = data.get("class") if isinstance(data, Mapping) else None
        return _value(_alternative(hint, type(data), name), data)
    if is_dataclass(hint) and isinstance(hint, type):
        return _made(hint, data)
    if get_origin(hint) in (Sequence, tuple) and isinstance(data, list):
        items = map(_value, _item_types(hint, len(data)), data)
        return tuple(items) if get_origin(hint) is tuple else list(items)
    if get_origin(hint) is Literal and data in get_args(hint):
        return data
    if type(data) is hint and not (isinstance(data, int) and abs(data) >= _LARGEST):
        return data
    raise ValueError(f"{data!r:.40} where {hint} is expected")


def _alternative(union: Any, kind: type, name: object = None) -> Any:
    """Return the type in a union for data of this kind: a dataclass by its name, or a list."""
    for hint in get_args(union):
        if is_dataclass(hint):
            matches = getattr(hint, "__name__", "") == name
        else:
            matches = kind in (hint, _LISTS.get(get_origin(hint)))
        if matches:
            return hint
    raise ValueError(f"no {name or kind.__name__} in {union}")


def _item_types(hint: Any, count: int) -> Sequence[Any]:
    """Return the type of each of so many items. Raises `ValueError` if a tuple has not as many."""
    types = get_args(hint)
    if get_origin(hint) is not tuple:
        return types * count
    if len(types) != count:
        raise ValueError(f"{count} items in {hint}")
    return types


def _is_union(hint: Any) -> bool:
    return isinstance(hint, UnionType)


def _is_default(field: Field[Any], value: object) -> bool:
    return field.default is not MISSING and bool(value == field.default)


@cache
def _hints(kind: Callable[..., object]) -> Mapping[str, Any]:
    """Return the types of a class's fields."""
    return get_type_hints(kind)
