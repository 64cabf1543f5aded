"""The DAP messages of docs/vscode.md are compared with what GDB answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.dap_page import Exchange, Numbers, blocks, exchanges

PAGE = """# A page

## One

```dap
→ threads
← {"threads": [{"id": 5, "name": "g9 main.works"}]}
→ stackTrace {"threadId": 5}
← {"stackFrames": [{"id": 0,
    "line": 7}]}
```

## Two

```dap
→ evaluate {"expression": "1"}
← {"result": "…"}
```
"""
THREADS = {"threads": [{"id": 5, "name": "g9 main.works…"}]}


def test_the_messages_of_a_section() -> None:
    [one], [two] = blocks(PAGE, "dap", "One"), blocks(PAGE, "dap", "Two")
    assert blocks(PAGE, "dap") == [one, two]
    assert list(exchanges(one)) == [
        Exchange("threads", {}, {"threads": [{"id": 5, "name": "g9 main.works"}]}),
        Exchange("stackTrace", {"threadId": 5}, {"stackFrames": [{"id": 0, "line": 7}]}),
    ]
    assert [each.command for each in exchanges(two)] == ["evaluate"]


def test_numbers_are_those_that_gdb_has_given() -> None:
    numbers = Numbers()
    others = [{"id": 1, "name": "Thread #1"}, {"id": 2, "name": "g3 main.main"}]
    assert numbers.hold(THREADS, {"threads": [*others, {"id": 8, "name": "g12 main.works at 5"}]})
    request = {"threadId": 5, "levels": 5, "expression": "go-stacks g9"}
    assert numbers.request(request) == {"threadId": 8, "levels": 5, "expression": "go-stacks g12"}
    assert numbers.hold({"result": "g9 at 0xc000…"}, {"result": "g12 at 0xc0017\nin f"})
    assert not numbers.hold({"result": "g9"}, {"result": "g9"})


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"threads": []},
        {"threads": [{"id": 8, "name": "g9 main.main"}]},
        {"threads": [{"name": "g9 main.works"}]},
    ],
)
def test_an_answer_without_what_is_shown(answer: dict[str, Any]) -> None:
    assert not Numbers().hold(THREADS, answer)


def test_elements_are_in_the_order_shown() -> None:
    shown = {"stackFrames": [{"name": "a"}, {"name": "b"}]}
    frames = [{"name": name, "id": 0} for name in "acb"]
    assert Numbers().hold(shown, {"stackFrames": frames})
    assert not Numbers().hold(shown, {"stackFrames": frames[::-1]})
