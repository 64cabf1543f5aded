"""JSON as it is written."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from types import MappingProxyType

import pytest

from gogdb.render.json import EncodedRows, dump, dump_object


def written(value: object) -> str:
    chunks: list[str] = []
    dump(value, chunks.append)
    return "".join(chunks)


def test_each_row_is_a_line() -> None:
    rows = ({"goid": goid, "stack": {"lo": hex(goid)}, "runq": [1, 2]} for goid in (1, 2))
    text = written({"go_version": "go1.27.3", "gs": rows, "ps": [], "sched": {"ngsys": 4}})
    assert text.splitlines() == [
        "{",
        '"go_version": "go1.27.3",',
        '"gs": [',
        '{"goid": 1, "stack": {"lo": "0x1"}, "runq": [1, 2]},',
        '{"goid": 2, "stack": {"lo": "0x2"}, "runq": [1, 2]}',
        "],",
        '"ps": [],',
        '"sched": {"ngsys": 4}',
        "}",
    ]
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        None,
        True,
        0,
        2**64 - 1,
        1.5,
        "text",
        [[], {}],
        {"a": {"b": [{"c": None}]}},
        [1, "x"],
    ],
)
def test_parsed_json_is_the_value(value: object) -> None:
    assert json.loads(written(value)) == value


def test_iterables_at_any_depth_are_lists() -> None:
    value = {"a": {"b": (n for n in (1, 2))}, "t": (1,), "m": MappingProxyType({"x": iter("yz")})}
    assert json.loads(written(value)) == {"a": {"b": [1, 2]}, "t": [1], "m": {"x": ["y", "z"]}}
    assert json.loads(written(iter([OrderedDict(a=1)]))) == [{"a": 1}]


def test_text_is_ascii() -> None:
    text = written({"name": 'q"\\\x1b\n中\u202e', "lone": "\ud800"})
    assert text == ('{\n"name": "q\\"\\\\\\u001b\\n\\u4e2d\\u202e",\n"lone": "\\ud800"\n}\n')
    assert json.loads(text) == {"name": 'q"\\\x1b\n中\u202e', "lone": "\ud800"}


def test_a_write_that_writes_less_is_an_error() -> None:
    """As when the disk becomes full: the next write says why."""
    with pytest.raises(OSError, match="only a part was written"):
        dump({"gs": [1, 2, 3]}, lambda data: min(len(data), 3), str.encode)


def test_rows_are_written_as_they_are_made() -> None:
    events: list[str] = []

    def rows() -> Iterator[int]:
        for row in (1, 2):
            events.append(f"made {row}")
            yield row

    dump({"rows": rows(), "end": None}, events.append)
    assert events == ["made 1", '{\n"rows": [\n1', "made 2", ",\n2", '\n],\n"end": null\n}\n']


def test_what_comes_after_rows_is_asked_for_when_they_are_written() -> None:
    events: list[str] = []

    def entries() -> Iterator[tuple[str, object]]:
        chunks = (",\n1,\n2", ",\n3")
        yield "rows", EncodedRows(iter(chunks))
        yield "written", len(events)

    dump_object(entries(), events.append)
    assert "".join(events) == '{\n"rows": [\n1,\n2,\n3\n],\n"written": 2\n}\n'


def test_no_encoded_rows() -> None:
    text: list[str] = []
    dump_object([("rows", EncodedRows(iter(())))], text.append)
    assert "".join(text) == '{\n"rows": []\n}\n'


def test_many_rows() -> None:
    value = {"gs": ({"goid": goid} for goid in range(100_000))}
    text = written(value)
    assert text.count("\n") == 100_004
    assert json.loads(text)["gs"][-1] == {"goid": 99_999}


def test_values_that_json_does_not_have() -> None:
    with pytest.raises(TypeError, match="object has no place in JSON"):
        written({"a": object()})
    with pytest.raises(TypeError, match="bytes has no place in JSON"):
        written([b"abc"])
    with pytest.raises(ValueError, match="not JSON compliant"):
        written([float("nan")])
