"""Properties of the slots of random stacks."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from gogdb.inferior.layout import TypeNode
from gogdb.inferior.variables import Variable
from gogdb.runtime.frame_slots import FrameSlots, frame_slots
from gogdb.runtime.symtab import Function
from gogdb.runtime.unwind import Frame, Unwound

SP = 0x100000
ABOVE = 64  # bytes above the outermost frame
SEEDS = range(300)


class Stack(NamedTuple):
    """A stack; `frames` are those that are not inlined, `functions` and `variables` go by pc."""

    unwound: Unwound
    frames: Sequence[tuple[int, Frame]]
    functions: dict[int, Function]
    variables: dict[int, Sequence[Variable]]

    @property
    def addresses(self) -> range:
        return range(SP, self.frames[-1][1].cfa + ABOVE, 8)

    def at(self, pc: int) -> Sequence[Variable]:
        """Return the variables; a return address is looked up one byte before itself."""
        return self.variables.get(pc + 1, ())

    def slots(self) -> FrameSlots:
        symtab = SimpleNamespace(function=self.functions.get)
        program: Any = SimpleNamespace(symtab=symtab)
        return frame_slots(program, self.unwound, self.frames, None, self, self.addresses)


def random_stack(random: Random) -> Stack:
    """Return a stack with inlined calls, locals of several sizes, and room for arguments."""
    sizes = [8 * random.randrange(1, 12) for _ in range(random.randrange(1, 8))]
    stack = Stack(Unwound((), None), [], {}, {})
    frames: list[Frame] = []
    numbered: list[tuple[int, Frame]] = []
    sp = SP
    for number, (size, callers_size) in enumerate(zip(sizes, [*sizes[1:], 0], strict=True)):
        name, pc, cfa = f"main.f{number}", 0x1010 + 0x100 * number, sp + size
        fp_slot = cfa - 16 if size >= 16 else None
        # arguments lie below what the caller keeps for its own return
        args = random.randrange(0, max(callers_size - 16, 0) + 1, 8)
        stack.functions[pc] = Function(name, pc - 16, pc + 16, False, False, False, 0, args)
        stack.variables[pc] = [
            Variable(f"v{number}.{n}", offset - size, random.choice((1, 4, 8)))
            for n, offset in enumerate(range(0, size - 16, random.choice((4, 8, 24))))
        ]
        for inlined in [True] * random.randrange(3) + [False]:
            frames.append(Frame(name, "f.go", 1, pc, sp, cfa, cfa - 8, fp_slot, inlined, False))
        numbered.append((len(frames) - 1, frames[-1]))
        sp = cfa
    return stack._replace(unwound=Unwound(tuple(frames), None), frames=numbered)


def random_stacks() -> list[Stack]:
    return [random_stack(Random(seed)) for seed in SEEDS]


def test_every_frame_has_its_return_address_and_frame_pointer() -> None:
    for stack in random_stacks():
        slots = stack.slots()
        for index, frame in stack.frames:
            back = slots.at(frame.cfa - 8)
            assert (back.kind, back.frame) == ("return", index)
            if frame.fp_slot is not None:
                saved = slots.at(frame.fp_slot)
                assert (saved.kind, saved.frame) == ("saved-fp", index)


def test_every_variable_names_its_word() -> None:
    for stack in random_stacks():
        slots = stack.slots()
        for index, frame in stack.frames:
            for variable in stack.variables[frame.pc]:
                slot = slots.at(frame.cfa + variable.offset)
                assert (slot.kind, slot.frame) == ("variable", index)
                assert variable.name in slot.name.split(", ")


def test_every_word_is_in_the_frame_around_it() -> None:
    for stack in random_stacks():
        slots = stack.slots()
        for address in stack.addresses:
            around = [n for n, frame in stack.frames if frame.sp <= address < frame.cfa]
            slot = slots.at(address)
            assert slot.frame == (around[0] if around else None)
            assert (slot.kind == "above") == (not around)
            assert slots.at(address + 7) == slot


def test_argument_room_is_above_the_frame_of_its_function() -> None:
    words = 0
    for stack in random_stacks():
        slots = stack.slots()
        callees = {frame.function: frame for _, frame in stack.frames}
        for address in stack.addresses:
            slot = slots.at(address)
            if slot.kind == "argument":
                callee = callees[slot.argument_of]
                assert 0 <= address - callee.cfa < stack.functions[callee.pc].args
                words += 1
    assert words


def test_two_small_variables_share_a_word() -> None:
    frame = Frame("main.f", "f.go", 1, 0x1010, SP, SP + 32, SP + 24, SP + 16, False, False)
    variables = [Variable("a", -32, 4, type=TypeNode("int", 4)), Variable("b", -28, 4)]
    function = Function("main.f", 0x1000, 0x1020, False, False, False, 0, 0)
    stack = Stack(Unwound((frame,), None), [(0, frame)], {0x1010: function}, {0x1010: variables})
    slot = stack.slots().at(SP)
    assert (slot.name, slot.shift) == ("a, b", 4)
    assert slot.type == TypeNode("other", 0)
