"""JSON values as MI values."""

from __future__ import annotations

from gogdb.render.mi import mi_value


def test_every_kind_of_value() -> None:
    answer = {
        "goid": 7,
        "spinning": False,
        "durable": True,
        "gone": None,
        "midle": [1, None, "0x10"],
        "labels": {"a b": "", "": "1"},
        "empty": [],
        "more": {"gone": None, "deep": {"x": 1 << 63}},
    }
    assert mi_value(answer) == {
        "goid": "7",
        "spinning": "false",
        "durable": "true",
        "midle": ["1", "null", "0x10"],
        "labels": [{"key": "a b", "value": ""}, {"key": "", "value": "1"}],
        "empty": [],
        "more": {"deep": {"x": str(1 << 63)}},
    }
    assert mi_value({"labels": "cannot read 8 bytes at 0x1"}) == {
        "labels": "cannot read 8 bytes at 0x1"
    }


def test_text_is_converted_everywhere() -> None:
    assert mi_value({"labels": {"ü": "ö"}, "list": ["ä"]}, ascii) == {
        "labels": [{"key": "'\\xfc'", "value": "'\\xf6'"}],
        "list": ["'\\xe4'"],
    }
