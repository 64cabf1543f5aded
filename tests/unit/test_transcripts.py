"""Reading a text's transcripts, and what counts as the same."""

from __future__ import annotations

import pytest

from tests.support.transcripts import alike, fixture_of, read, rewritten

ASKED = "  the guard is stackPreempt: asked to give way"
TEXT = """\
Words, and `(gdb) p 1` among them.

```console
$ gogdb demo --step
(gdb) p 1
$1 = 1
(gdb)
$2 = 1
```

```go
(gdb) this is no transcript
```

```console
(gdb) x/gx $rsp
0x7fffffffe000:\t0x0000000000000001
```
"""


def test_reading_the_steps_of_a_text() -> None:
    steps = read(TEXT)
    assert [step.command for step in steps] == ["$ gogdb demo --step", "p 1", "", "x/gx $rsp"]
    assert [list(step.shown) for step in steps[1:3]] == [["$1 = 1"], ["$2 = 1"]]
    assert [step.starts for step in steps] == [True, False, False, False]
    assert fixture_of(steps[0].command) == "boot"


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        (["sp  0xc000012345"], ["sp   0xc000099999"], True),
        (["│ …feda8  0x0"], ["│ …fed48  0x0"], True),
        (["offset 0x28"], ["offset 0x30"], False),
        (["first", "…", "last"], ["first", "second", "third", "last"], True),
        (["first", "…", "last"], ["first", "last"], True),
        (["first", "…", "last"], ["first", "second"], False),
        (["first"], ["first", "second"], False),
        (["one"], ["[New LWP 12]", "one", ""], True),
        (["#0  f () at /a/main.go:1"], ["#0  f ()", "    at /home/b/main.go:1"], True),
        (["#0  f () at /a/main.go:1"], ["#0  f ()", "    at /home/b/main.go:2"], False),
        (["#0  f ()", "    at /a/main.go:1", "1"], ["#0  f ()", "    at /a/main.go:1", "2"], False),
        (["a.c", "…"], ["abc"], False),
        (["✓ holds"], ["✗ holds"], False),
        (["  5 free, 2 to the guard at lo+0x3a0"], ["  5 free", ASKED], True),
        (["  5 free，距 stackguard0（lo+0x3a0）还有 2"], ["  5 free", ASKED], True),
        (["  5 free, 2 to the guard at lo+0x3a0"], ["  6 free", ASKED], False),
        (["  5 free, 2 to the guard at lo+0x3a0"], ["  5 free"], False),
        (["  5 free", ASKED], ["  5 free, 2 to the guard at lo+0x3a0"], False),
    ],
)
def test_answers_that_are_alike(shown: list[str], said: list[str], same: bool) -> None:
    assert alike(shown, said) is same


def test_wrong_answers_are_rewritten() -> None:
    steps = read(TEXT)
    answers = [(steps[1], ["$1 = 1"], True), (steps[2], ["$2 = 2", "more"], False)]
    assert rewritten(TEXT, answers) == TEXT.replace("$2 = 1", "$2 = 2\nmore")
