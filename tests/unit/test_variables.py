"""Names and types of the parts of variables."""

from __future__ import annotations

import pytest

from gogdb.inferior.layout import TypeNode
from gogdb.inferior.variables import part

INT = TypeNode("int", 8)
POINTER = TypeNode("uint", 8)
POINT = TypeNode("struct", 24, (("x", 0, INT), ("y", 8, INT), ("p", 16, POINTER)))
STRING = TypeNode("struct", 16, (("str", 0, POINTER), ("len", 8, INT)))
POINTS = TypeNode("array", 72, (), POINT, 3)


@pytest.mark.parametrize(
    ("type", "offset", "expected"),
    [
        (INT, 0, ("v", INT)),
        (INT, 4, ("v+4", None)),
        (None, 0, ("v", None)),
        (None, 8, ("v+8", None)),
        (POINT, 8, ("v.y", INT)),
        (POINT, 12, ("v.y+4", None)),
        (STRING, 8, ("v.len", INT)),
        (POINTS, 0, ("v[0].x", INT)),
        (POINTS, 64, ("v[2].p", POINTER)),
        (TypeNode("struct", 16, (("a", 0, INT),)), 8, ("v+8", None)),  # padding
    ],
)
def test_part_at_an_offset(
    type: TypeNode | None, offset: int, expected: tuple[str, TypeNode | None]
) -> None:
    assert part("v", type, offset) == expected


def test_an_array_of_empty_structs_has_no_parts() -> None:
    empty = TypeNode("array", 0, (), TypeNode("struct", 0), 9)
    assert part("v", empty, 0) == ("v", empty)
