"""Hints: what to try at GDB's prompt where a stage or step ends, and what GDB will answer there.

GDB 13 and 18 understand the commands in the languages go and asm (see gogdb/view/expr.py):
names of the runtime in single quotes, `.` after pointers too, no casts. The answers come from the
stage's last observation. `i18n/*/guide.toml` says what a hint shows, under the stage's id and the
hint's, and `i18n/*/follow-guide.toml` for steps of `go-boot follow`, under the hint's.
"""

from __future__ import annotations

from typing import NamedTuple

from gogdb.boot.stop import StopState
from gogdb.runtime.model import G, Stack

__all__ = [
    "G0",
    "M0",
    "NEW_G",
    "Hint",
    "examine",
    "examine_code_pointer",
    "print_bounds",
    "print_code_pointer",
    "print_hex",
    "print_sp_below_hi",
    "print_stack_size",
]

G0 = "'runtime.g0'"
M0 = "'runtime.m0'"
NEW_G = "'runtime.allgs'.array[0]"  # the main goroutine, before it has a goid


class Hint(NamedTuple):
    """A command, and GDB's answer to it, without the `$1 = ` of a value."""

    id: str
    command: str
    answer: str
    needs_debug_info: bool = True


def print_hex(id: str, expression: str, value: int) -> Hint:
    """Return `p/x` of an address; for a register, GDB needs no debug information."""
    return Hint(id, f"p/x {expression}", f"{value:#x}", not expression.startswith("$r"))


def print_bounds(id: str, expression: str, stack: Stack) -> Hint:
    """Return `p/x` of the bounds of a g's stack."""
    return Hint(id, f"p/x {expression}.stack", f"{{lo = {stack.lo:#x}, hi = {stack.hi:#x}}}")


def print_stack_size(id: str, expression: str, g: G) -> Hint:
    """Return `p` of the size of a g's stack in bytes."""
    command = f"p {expression}.stack.hi - {expression}.stack.lo"
    return Hint(id, command, str(g.stack.size))


def print_sp_below_hi(id: str, expression: str, now: StopState, g: G) -> Hint:
    """Return `p/d` of the distance from a stack's hi to rsp in bytes, negative below hi.

    $rsp is a pointer, and GDB takes the difference of pointers as signed.
    """
    return Hint(id, f"p/d $rsp - {expression}.stack.hi", str(now.sp - g.stack.hi))


def examine(
    id: str, expression: str, now: StopState, address: int, count: int = 1, letter: str = "x"
) -> Hint | None:
    """Return `x/g` of `count` stack words in the format `letter`, None if they are not recorded."""
    words = [now.words.get(address + 8 * i) for i in range(count)]
    if None in words:
        return None
    texts = [str(word) if letter == "d" else f"0x{word:016x}" for word in words]
    number = str(count) if count > 1 else ""
    answer = "\t".join([f"{address:#x}:", *texts])
    return Hint(id, f"x/{number}g{letter} {expression}", answer, "'" in expression)


def print_code_pointer(
    id: str, command: str, now: StopState, value: int | None, prefix: str = ""
) -> Hint | None:
    """Return a command that prints an address in the code after `prefix`; None for nil.

    GDB takes the function's name from the debug information, which has no `.abi0`.
    """
    if not value:
        return None
    info = now.classifier.classify(value)
    place = f"{info.name}+{info.offset}" if info.offset else info.name
    return Hint(id, command, f"{prefix}{value:#x} <{place.replace('.abi0', '')}>")


def examine_code_pointer(id: str, expression: str, now: StopState, address: int) -> Hint | None:
    """Return `x/a` of a return address on a stack, None if the word was not recorded."""
    value = now.words.get(address)
    return print_code_pointer(id, f"x/a {expression}", now, value, f"{address:#x}:\t")
