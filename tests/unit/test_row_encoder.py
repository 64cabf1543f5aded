"""Rows filled into forms are the text that encoding each row by itself gives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest

from gogdb.render.json import SEPARATOR, text_of
from gogdb.render.row_encoder import RowEncoder
from gogdb.view.doc.json_rows import Hole, Offset, RowBatch

FORM = {
    "goid": Hole.NUMBER,
    "name": Hole.NAME,
    "100%": ["%d", "%", {}, []],
    "like a mark": ['\\ud800NUMBER"', '"\\ud8008"', "\ud8ff", None],
    "waitsince": Hole.NUMBER_OR_NULL,
    "lo": Hole.ADDRESS,
    "frames": [
        {"function": 'main."%s\n', "sp": Offset(0), "bp": Offset(0x38)},
        {"function": None, "sp": Offset(0x40), "bp": None},
    ],
    "ended": None,
}
BASES = (
    0xC0000A_1000,
    0xC0000B_1000,  # the same low digits
    0xC0000B_FFC0,  # the last address has other upper digits
    0xC0000C_0000,
    0x40,  # no upper digits
)


def batch(bases: tuple[int, ...], key: object = None) -> RowBatch:
    numbers = range(len(bases))
    holes = (
        (Hole.NUMBER, numbers),
        (Hole.NAME, [f"g{n}" for n in numbers]),
        (Hole.NUMBER_OR_NULL, [n * 1000 for n in numbers]),
        (Hole.ADDRESS, bases),
    )
    return RowBatch([[key] * len(bases)], holes, bases)


def array(chunks: Iterable[str]) -> str:
    """Return the JSON array of encoded rows."""
    text = "".join(chunks)
    assert text.startswith(SEPARATOR)
    return f"[{text.removeprefix(SEPARATOR)}]"


def row(number: int, base: int) -> dict[str, Any]:
    """Return a row of a batch as plain data."""
    return {
        **FORM,
        "goid": number,
        "name": f"g{number}",
        "waitsince": number * 1000 or None,
        "lo": hex(base),
        "frames": [
            {"function": 'main."%s\n', "sp": hex(base), "bp": hex(base + 0x38)},
            {"function": None, "sp": hex(base + 0x40), "bp": None},
        ],
    }


def test_rows_with_bases() -> None:
    encoder = RowEncoder(lambda _: FORM)
    expected = [text_of(row(number, base)) for number, base in enumerate(BASES)]
    for _ in range(2):  # when the form is new, and when it is known
        assert array(encoder.encode(batch(BASES))) == f"[{SEPARATOR.join(expected)}]"


def test_rows_without_bases() -> None:
    form = {"a": Hole.ADDRESS, "n": Hole.NUMBER, "text": "50%"}
    rows = RowBatch([list("xyx")], ((Hole.ADDRESS, (16, 17, 18)), (Hole.NUMBER, (-1, 0, 2**64))))
    text = array(RowEncoder(lambda key: {**form, "key": key[0]}).encode(rows))
    assert json.loads(text) == [
        {"a": "0x10", "n": -1, "text": "50%", "key": "x"},
        {"a": "0x11", "n": 0, "text": "50%", "key": "y"},
        {"a": "0x12", "n": 2**64, "text": "50%", "key": "x"},
    ]


def test_each_form_is_made_once() -> None:
    made: list[object] = []

    def form(key: object) -> dict[str, object]:
        made.append(key)
        return FORM

    encoder = RowEncoder(form)
    for key in ("a", "b", "a"):
        assert list(encoder.encode(batch(BASES, key)))
    assert made == [("a",), ("b",)]


def test_a_key_of_columns_that_vary_and_columns_that_do_not() -> None:
    encoder = RowEncoder(lambda key: {"key": list(key), "n": Hole.NUMBER})
    columns: list[list[object]] = [["x", "x", "x"], [1, 2, 1], [None, None, None], ["u", "v", "u"]]
    for keys in (columns, columns[:1], columns[1:3]):
        text = array(encoder.encode(RowBatch(keys, [(Hole.NUMBER, range(3))])))
        expected = [{"key": list(key), "n": n} for n, key in enumerate(zip(*keys, strict=True))]
        assert json.loads(text) == expected


def test_batches_that_differ_in_what_varies() -> None:
    """In more ways than the encoder remembers, each twice."""
    made: list[tuple[Any, ...]] = []

    def form(key: tuple[Any, ...]) -> dict[str, object]:
        made.append(key)
        return {"key": list(key), "n": Hole.NUMBER}

    encoder = RowEncoder(form)
    pairs = list(product(range(3), repeat=2))
    for first, second in [*product(pairs, pairs)] * 2:
        keys = [list(column) for column in zip(first, second, strict=True)]
        text = array(encoder.encode(RowBatch(keys, [(Hole.NUMBER, (7, 8))])))
        assert [row["key"] for row in json.loads(text)] == [list(first), list(second)]
    assert sorted(made) == sorted(pairs)


def test_zeros_stand_for_null() -> None:
    encoder = RowEncoder(lambda _: {"waitsince": Hole.NUMBER_OR_NULL})
    for column in ((0, 0), (0, 5), (5, 6)):
        text = array(encoder.encode(RowBatch([[0, 0]], [(Hole.NUMBER_OR_NULL, column)])))
        assert [row["waitsince"] for row in json.loads(text)] == [n or None for n in column]


def test_a_chunk_holds_many_rows() -> None:
    bases = tuple(range(1 << 16, 1 << 20, 64))
    chunks = list(RowEncoder(lambda _: FORM).encode(batch(bases)))
    assert 1 < len(chunks) < len(bases) / 100
    assert len(json.loads(array(chunks))) == len(bases)


def test_no_rows() -> None:
    assert list(RowEncoder(lambda _: FORM).encode(batch(()))) == []


def test_a_hole_after_an_offset_is_an_error() -> None:
    encoder = RowEncoder(lambda _: {"sp": Offset(0), "goid": Hole.NUMBER})
    with pytest.raises(ValueError, match="a hole after an offset"):
        list(encoder.encode(RowBatch([[0]], ((Hole.NUMBER, [1]),), [0])))
