"""The spellings of a function's name."""

from __future__ import annotations

import pytest

from gogdb.runtime.function_name import linker_name, spellings


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("runtime.gopark", set()),
        ("a.com/v2%2ethings.F", {"a.com/v2.things.F"}),
        ("a.com/%c3%a4%25.F", {"a.com/ä%.F"}),
        ("a.com/%zz.F", set()),
        ("main.Map[go.shape.int]", {"main.Map[...]"}),
        ("main.Box[...].Open", set()),
        (
            "a/v.(*Box[go.shape.map[string]b/v%2e2.T]).Open.func1",
            {
                "a/v.(*Box[go.shape.map[string]b/v.2.T]).Open.func1",
                "a/v.(*Box[...]).Open.func1",
            },
        ),
        ("main.Box[int].Map[[]int]", {"main.Box[...].Map[...]"}),
        ("main.a]b[c", set()),
    ],
)
def test_spellings(name: str, others: set[str]) -> None:
    assert spellings(name) == {name, *others}


def test_name_as_in_assembly() -> None:
    assert linker_name("internal∕bytealg·Count") == "internal/bytealg.Count"
    assert linker_name("main.main") == "main.main"
