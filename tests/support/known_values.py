"""What the printers show of the program `values`: its own texts, known values, damaged ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

__all__ = ["NAMES", "VALUES", "differences", "texts_of"]

# What the debugger shows around the program's own text
_PLAIN = "{text}"
_TEXTS = {
    **dict.fromkeys(
        ("plain", "escaped", "chinese", "invalid", "named", "epoch", "moment", "ancient", "zoned"),
        _PLAIN,
    ),
    **dict.fromkeys(("zero", "now", "lapse", "tiny", "backward"), _PLAIN),
    **dict.fromkeys(("count32", "count64", "flag"), _PLAIN),
    "word": "(string) {text}",
    "failed": "(*errors.errorString) {text}",
    "wrapped": "(*fmt.wrapError) {text}",
    "missing": "(*io/fs.PathError) {text}",
    "errno": "(syscall.Errno) {text}",
    "cancelled": "(*context.cancelCtx) {text} (canceled)",
}
VALUES = {
    "empty": '""',
    "text": '[]uint8 of length 5, capacity 5 "bytes" = ',
    "ints": "[]int of length 3, capacity 4 = {1, 2, 3}",
    "none": "nil",
    "words": '[]string of length 2, capacity 2 = {"a", "b"}',
    "points": "[]main.point of length 2, capacity 2 = {{X = 1, Y = 2}, {X = 3, Y = 4}}",
    "nested": "[][]int of length 2, capacity 2 = {[]int of length 1, capacity 1 = {1}, "
    "[]int of length 2, capacity 2 = {2, 3}}",
    "array": '{"x", "y", "z"}',
    "nilMap": "nil",
    "noMap": "map[string]int with 0 elements",
    "mapOfMap": 'map[string]map[int]bool with 1 element = {["a"] = map[int]bool with 1 element = '
    "{[1] = true}}",
    "setOf": "map[main.point]struct {} with 1 element = {[{X = 1, Y = 2}] = {<No data fields>}}",
    "nilChan": "nil",
    "buffered": 'chan string of length 4, capacity 4 = {"b", "c", "d", "e"}',
    "direct": "chan int of length 0, capacity 0, 2 sending",
    "nothing": "nil",
    "number": "(int) 42",
    "pair": "(main.point) = {X = 1, Y = 2}",
    "slice": "([]int) of length 2, capacity 2 = {1, 2}",
    "table": '(map[string]int) with 1 element = {["one"] = 1}',
    "shaped": "(main.point) = {X = 5, Y = 6}",
    "noShape": "nil",
    "noError": "nil",
    "free": "unlocked",
    "held": "locked",
    "queued": "locked, 1 waiting",
    "readable": "unlocked",
    "reading": "2 readers reading",
    "writing": "locked for writing, 1 reader waiting",
    "group": "counter 2, 1 waiting",
    "before": "not done",
    "after": "done",
    "holder": '(string) "held"',
    "withValue": "(*context.valueCtx) context.Background.WithDeadline("
    '3009-11-10 23:04:05.6789 +0000 UTC).WithValue(main.key, "v")',
    "large": 'main.big = {First = 1, Rest = {...}, Last = "last"}',
}
_DAMAGED = {
    "badString": "<cannot read 5 bytes at 0x10>",
    "nilString": "<cannot read 5 bytes at 0x0>",
    "badSlice": "[]int of length 5, capacity 5 = {<cannot read 8 bytes at 0x10>}",
    "nilSlice": "[]int of length 5, capacity 5 = {<cannot read 8 bytes at 0x0>}",
    "shortCap": "[]int of length 5, capacity 2: <not a slice>",
    "negative": f"[]int of length {-(1 << 63)}, capacity {-(1 << 63)}: <not a slice>",
    "longChan": f"chan int of length {1 << 60}, capacity 2: <not a channel>",
    "badType": "<cannot read 48 bytes at 0x10>",
    "badData": "<cannot read 16 bytes at 0x10>",
}

NAMES = (*_TEXTS, *VALUES, *_DAMAGED)
"""All variables that `differences` looks at."""
_QUOTED = ("failed", "wrapped", "missing", "errno")


def texts_of(output: str) -> dict[str, str]:
    """Return what the program itself has printed of its variables."""
    line = re.search(r"(?m)^texts (\{.*\})$", output)
    assert line, output
    parsed = json.loads(line[1])
    assert isinstance(parsed, dict)
    return parsed


def differences(shown: Mapping[str, str], texts: Mapping[str, str]) -> list[str]:
    """Return a line for each variable that is not shown as the program prints it, or as known.

    `shown` has what `print` shows of each, at 200 elements, and `texts` those of `texts_of`.
    """
    expected = {**VALUES, **_DAMAGED}
    for name, form in _TEXTS.items():
        expected[name] = form.format(text=f'"{texts[name]}"' if name in _QUOTED else texts[name])
    found = []
    for name, text in expected.items():
        value = shown[name]
        if name == "text":  # the elements follow, too
            value = value[: len(text)]
        if value != text:
            found.append(f"{name}: {value} is not {text}")
    return found
