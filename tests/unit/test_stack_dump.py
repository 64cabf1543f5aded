"""The words of recorded stacks: what each is for, and what it points to."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.inferior.layout import TypeNode
from gogdb.inferior.variables import Variable
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.fp_chain import ChainStart, compare_chain
from gogdb.runtime.model import Stack
from gogdb.runtime.stack_dump import Word, dump_words
from gogdb.runtime.unwind import Unwound
from gogdb.view.json import stack_dump as stack_dump_json
from tests.support.recorded_memory import RECORDED, Image, recorded, symbols
from tests.support.recorded_stacks import first_slot, program, stack_with, walk

pytestmark = pytest.mark.parametrize("version", RECORDED)

INT, POINTER = TypeNode("int", 8), TypeNode("uint", 8)
STRING = TypeNode("struct", 16, (("str", 0, POINTER), ("len", 8, INT)))


class AddressClassifier:
    """Classifies addresses of the stack and of functions."""

    def __init__(self, version: str, stack: Stack) -> None:
        self._table, self._stack = symbols(version), stack

    def classify(self, value: int) -> AddressInfo:
        if value in self._stack:
            return AddressInfo("stack", "g5", self._stack.hi - value)
        function = self._table.function(value)
        if function is None:
            return AddressInfo("number" if value else "nil")
        return AddressInfo("function", function.name, value - function.entry)


class Variables:
    """Says that these variables of main.deep live at every pc of it, and records the pcs."""

    def __init__(self, version: str, *variables: Variable) -> None:
        self._table, self._variables = symbols(version), variables
        self.pcs: list[int] = []

    def at(self, pc: int) -> Sequence[Variable]:
        self.pcs.append(pc)
        function = self._table.function(pc)
        return self._variables if function and function.name == "main.deep" else ()


def dump(
    version: str, *variables: Variable, limit: int = 1000, image: Image | None = None
) -> tuple[Unwound, Stack, list[Word], Variables]:
    image = image or recorded(version)[0]
    pc, sp, hi, _ = stack_with(version, "main.deep")
    unwound, stack, in_scope = (
        walk(version, pc, sp, hi),
        Stack(sp - 64, hi),
        Variables(version, *variables),
    )
    target: Any = program(version, image)
    chain = compare_chain(
        target, ChainStart(first_slot(unwound), "sched.bp", "sched.sp", False), unwound, hi
    )
    classifier: Any = AddressClassifier(version, stack)
    return (
        unwound,
        stack,
        dump_words(target, stack, unwound, chain, classifier, in_scope, limit),
        in_scope,
    )


def test_every_word_once_with_its_value(version: str) -> None:
    unwound, stack, dumped, _ = dump(version)
    assert [word.address for word in dumped] == list(range(unwound.frames[0].sp, stack.hi, 8))
    raw = recorded(version)[0].read(unwound.frames[0].sp, 8 * len(dumped))
    assert [word.value for word in dumped] == list(struct.unpack(f"<{len(dumped)}Q", raw))


def test_return_addresses_and_saved_rbp(version: str) -> None:
    unwound, _, dumped, _ = dump(version)
    at = {word.address: word for word in dumped}
    frames = [(n, f) for n, f in enumerate(unwound.frames) if not f.inlined]
    for (number, frame), (outer, caller) in pairwise(frames):
        back, rbp = at[frame.cfa - 8], at[frame.cfa - 16]
        end = caller.function == "runtime.goexit"
        assert (back.kind, back.frame) == ("goexit" if end else "return", number)
        assert back.value == caller.pc
        assert back.call == (unwound.frames[number + 1].file, unwound.frames[number + 1].line)
        assert (rbp.kind, rbp.frame, rbp.linked) == ("saved-fp", number, True)
        assert rbp.leads_to == (None if end else outer)
    kinds = [word.kind for word in dumped]
    assert kinds.count("goexit") == 1
    assert kinds.count("return") == kinds.count("saved-fp") - 1 == len(frames) - 2
    beyond = [word for word in dumped if word.kind == "above"]
    assert {word.frame for word in beyond} == {None}
    assert beyond == dumped[-len(beyond) :]


def test_a_frame_with_variables(version: str) -> None:
    n = Variable("n", 0, 8, type=INT)
    c = Variable("c", 8, 8, type=POINTER)
    unwound, _, dumped, in_scope = dump(version, n, c)
    number, deep = next((n, f) for n, f in enumerate(unwound.frames) if f.function == "main.deep")
    at = {word.address: word for word in dumped}
    first = at[deep.cfa]
    # an argument is in the frame of the caller
    assert (first.kind, first.name, first.argument_of) == ("variable", "n", "main.deep")
    assert (first.frame, first.number) == (number + 1, first.value)
    assert at[deep.cfa + 8].name == "c"
    assert at[deep.cfa + 8].number is None
    # a return address may belong to the line after the call, so the byte before it counts
    assert deep.pc - 1 in in_scope.pcs
    assert deep.pc not in in_scope.pcs
    assert unwound.frames[-1].pc in in_scope.pcs or unwound.frames[-1].pc - 1 in in_scope.pcs


def test_values_by_the_types_of_variables(version: str) -> None:
    pc, sp, hi, _ = stack_with(version, "main.deep")
    deep = next(f for f in walk(version, pc, sp, hi).frames if f.function == "main.deep")
    text = recorded(version)[0].changed(deep.cfa + 8, b"gopher")
    image = text.changed(deep.cfa - 24, struct.pack("<Q", deep.cfa + 8)).changed(
        deep.cfa, struct.pack("<bBhi", -7, 1, -2, 9)
    )
    dumped = dump(
        version,
        Variable("s.str", -24, 8, type=POINTER),
        Variable("b", 0, 1, type=TypeNode("int", 1)),
        image=image,
    )[2]
    at = {word.address: word for word in dumped}
    assert at[deep.cfa].number == -7
    assert at[deep.cfa - 24].text is None  # no length follows
    for offset, type, number in (
        (1, TypeNode("bool", 1), True),
        (2, TypeNode("int", 2), -2),
        (4, TypeNode("uint", 4), 9),
    ):
        word = next(
            w
            for w in dump(version, Variable("v", offset, type.size, type=type), image=image)[2]
            if w.address == deep.cfa
        )
        assert (word.name, word.number) == ("v", number)
    shared = dump(version, Variable("a", 0, 1), Variable("b", 1, 1), image=image)[2]
    assert next(w for w in shared if w.address == deep.cfa).name == "a, b"


def test_a_string(version: str) -> None:
    pc, sp, hi, _ = stack_with(version, "main.deep")
    deep = next(f for f in walk(version, pc, sp, hi).frames if f.function == "main.deep")
    image = recorded(version)[0].changed(
        deep.cfa, struct.pack("<QQ", deep.cfa + 16, 6) + b"gopher\0\0"
    )
    unwound, stack, dumped, _ = dump(version, Variable("s", 0, 16, type=STRING), image=image)
    g: Any = SimpleNamespace(stack=stack, syscallsp=0)
    rows = {
        row["address"]: row["meaning"] for row in stack_dump_json.words(g, unwound, None, dumped)
    }
    assert rows[f"{deep.cfa:#x}"] == 's.str of main.deep → "gopher"'
    assert rows[f"{deep.cfa + 8:#x}"] == "s.len of main.deep = 6"


def test_dump_ends_at_the_limit(version: str) -> None:
    whole = dump(version)[2]
    assert dump(version, limit=7)[2] == whole[:7]
    assert dump(version, limit=0)[2] == []


def test_unreadable_words(version: str) -> None:
    image, _ = recorded(version)
    unwound, stack, dumped, _ = dump(version)
    sp = unwound.frames[0].sp
    kept = {a: d for a, d in image.ranges.items() if not a <= sp < a + len(d)}
    hole = Image({**kept, sp: image.read(sp, 16), sp + 24: image.read(sp + 24, 64)})
    values = [word.value for word in dump(version, image=hole)[2]]
    assert values[:11] == [*(w.value for w in dumped[:2]), None, *(w.value for w in dumped[3:11])]
    assert set(values[11:]) == {None}
    g: Any = SimpleNamespace(stack=stack, syscallsp=0)
    rows = list(stack_dump_json.words(g, unwound, None, dump(version, image=hole)[2]))
    assert rows[-3]["meaning"] == "unreadable"
    assert rows[-3]["value"] is None
