"""Struct layouts: flattening types, views and readers."""

from __future__ import annotations

import struct

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.layout import Field, Reader, Records, Struct, TypeNode, flatten, unwrap

U8, U32, U64 = (TypeNode("uint", size) for size in (1, 4, 8))
I32, I64, BOOL = TypeNode("int", 4), TypeNode("int", 8), TypeNode("bool", 1)
EMPTY = TypeNode("struct", 0)


def _struct(size: int, *members: tuple[str, int, TypeNode]) -> TypeNode:
    return TypeNode("struct", size, members)


ATOMIC = _struct(4, ("noCopy", 0, EMPTY), ("value", 0, U32))  # internal/runtime/atomic.Uint32
MUTEX = _struct(8, ("lockRankStruct", 0, EMPTY), ("key", 0, U64))  # runtime2.go
TRACEABLE = _struct(16, ("vp", 0, U64), ("vu", 8, U64))  # runtime2.go, maybeTraceablePtr
GUINTPTRS = TypeNode("array", 32, (), _struct(8, ("ptr", 0, U64)), 4)
GOBUF = _struct(16, ("sp", 0, U64), ("pc", 8, U64))

NODE = _struct(
    120,
    ("goid", 0, I64),
    ("status", 8, ATOMIC),
    ("lock", 16, MUTEX),
    ("sched", 24, GOBUF),
    ("elem", 40, TRACEABLE),
    ("runq", 56, GUINTPTRS),
    ("spinning", 88, BOOL),
    ("small", 92, I32),
    ("bytes", 96, TypeNode("array", 4, (), U8, 4)),
    ("float", 104, TypeNode("other", 8)),
    ("end", 120, EMPTY),
)
LAYOUT = flatten("runtime.g", NODE)


def _data() -> bytearray:
    data = bytearray(120)
    struct.pack_into("<qI4xQQQ", data, 0, -5, 0x1002, 1, 0xC000000F00, 0x401000)
    struct.pack_into("<QQ4Q", data, 40, 7, 8, 10, 11, 12, 2**64 - 1)
    struct.pack_into("<?3xi", data, 88, True, -9)
    return data


def test_unwrap_keeps_a_scalar() -> None:
    assert unwrap(U64) == (0, U64)


def test_unwrap_returns_what_a_wrapper_holds() -> None:
    assert unwrap(ATOMIC) == (0, U32)
    inner = _struct(8, ("v", 0, I64))
    assert unwrap(_struct(16, ("pad", 0, EMPTY), ("inner", 8, inner))) == (8, I64)


def test_unwrap_prefers_the_number_to_the_pointer() -> None:
    assert unwrap(TRACEABLE) == (8, U64)
    assert unwrap(_struct(16, ("maybeTraceablePtr", 0, TRACEABLE))) == (8, U64)


@pytest.mark.parametrize("node", [GOBUF, EMPTY, GUINTPTRS])
def test_unwrap_keeps_what_is_no_wrapper(node: TypeNode) -> None:
    assert unwrap(node) == (0, node)


def test_flatten_lists_outer_before_inner() -> None:
    assert dict(LAYOUT.fields) == {
        "goid": Field(0, 8, "int"),
        "status": Field(8, 4, "uint"),
        "lock": Field(16, 8, "uint"),
        "sched": Field(24, 16, "struct"),
        "sched.sp": Field(24, 8, "uint"),
        "sched.pc": Field(32, 8, "uint"),
        "elem": Field(48, 8, "uint"),
        "runq": Field(56, 32, "array", 4, 8),
        "spinning": Field(88, 1, "bool"),
        "small": Field(92, 4, "int"),
        "bytes": Field(96, 4, "array", 4, 1),
        "float": Field(104, 8, "other"),
        "end": Field(120, 0, "struct"),
    }
    assert list(LAYOUT.fields)[3:6] == ["sched", "sched.sp", "sched.pc"]
    assert (LAYOUT.name, LAYOUT.size) == ("runtime.g", 120)


def test_find_returns_the_first_path_that_exists() -> None:
    assert LAYOUT.find("newer", "status") == Field(8, 4, "uint")
    assert LAYOUT.find("newer", "newest") is None
    assert LAYOUT.offset("sched.pc") == 32


def test_a_missing_field_raises_an_error_that_names_it() -> None:
    with pytest.raises(GogdbError, match=r"runtime\.g has no field newer"):
        LAYOUT.offset("newer")
    with pytest.raises(GogdbError, match=r"runtime\.g has no field newer"):
        LAYOUT.view(bytes(120))["newer"]


@pytest.mark.parametrize("path", ["sched", "runq", "float", "end"])
def test_a_field_that_is_no_number_raises(path: str) -> None:
    view = LAYOUT.view(bytes(120))
    assert view.get(path) is None
    with pytest.raises(GogdbError, match=f"runtime.g.{path} is not a number"):
        view[path]


@pytest.mark.parametrize(
    ("offset", "path"), [(0, "goid"), (24, "sched.sp"), (32, "sched.pc"), (28, ""), (120, "")]
)
def test_path_at_returns_the_innermost_field(offset: int, path: str) -> None:
    assert LAYOUT.path_at(offset) == path


def test_a_view_reads_by_path() -> None:
    view = LAYOUT.view(bytes(_data()), 0xC000001000)
    assert view.address == 0xC000001000
    assert view["goid"] == -5
    assert view["sched.pc"] == 0x401000
    assert view["elem"] == 8
    assert view["small"] == -9
    assert view.get("newer", "status") == 0x1002
    assert view.get("newer") is None
    assert type(view["spinning"]) is int


def test_a_view_reads_arrays_of_words() -> None:
    view = LAYOUT.view(bytes(_data()))
    assert view.array("runq") == (10, 11, 12, 2**64 - 1)
    assert view.array("newer") == view.array("bytes") == view.array("goid") == ()


PATHS = ("small", "newer", "sched.pc", "goid", "goid", "runq")


def test_a_reader_keeps_the_order_of_its_paths() -> None:
    reader = Reader(LAYOUT, PATHS)
    assert reader.read(bytes(_data())) == (-9, None, 0x401000, -5, -5, None)


def test_a_reader_needs_no_data_beyond_its_last_field() -> None:
    assert Reader(LAYOUT, ["status"]).size == 12
    assert Reader(LAYOUT, PATHS).size == 96
    assert Reader(LAYOUT, ["status"]).read(bytes(_data()[:12])) == (0x1002,)


def test_a_reader_reads_anywhere_in_the_data() -> None:
    reader = Reader(LAYOUT, ["goid", "sched.sp"])
    assert reader.read(bytes(200) + _data(), 200) == (-5, 0xC000000F00)


def test_a_reader_agrees_with_the_view() -> None:
    data = bytes(_data())
    paths = list(LAYOUT.fields)
    view = LAYOUT.view(data)
    assert Reader(LAYOUT, paths).read(data) == tuple(view.get(p) for p in paths)


@pytest.mark.parametrize("layout", [LAYOUT, Struct("runtime.empty", 0, {})])
def test_a_reader_of_missing_fields_needs_no_data(layout: Struct) -> None:
    assert Reader(layout, ["newer", "newest"]).read(b"") == (None, None)


def test_a_column_has_what_the_views_have() -> None:
    some = [_data() for _ in range(5)]
    for number, data in enumerate(some):
        struct.pack_into("<qI", data, 0, -number, number)
        struct.pack_into("<?3xi", data, 88, number % 2, number - 2)
    records = Records(LAYOUT, 120, b"".join(some))
    views = [LAYOUT.view(bytes(data)) for data in some]
    for path in LAYOUT.fields:
        assert records.column(path) == [view.get(path) for view in views]
    assert records.column("newer") == [None] * 5


def test_records_may_be_truncated_and_padded() -> None:
    cut = b"".join(bytes(_data()[:16]) for _ in range(3))
    assert Records(LAYOUT, 16, cut).column("status") == [0x1002] * 3
    padded = b"".join(bytes(_data()).ljust(128) for _ in range(3))
    assert Records(LAYOUT, 128, padded).column("small") == [-9] * 3
    assert Records(LAYOUT, 16, b"").column("goid") == []
