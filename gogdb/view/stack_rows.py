"""What the pictures of stacks have in common: gaps between rows, free space, marks of registers."""

from __future__ import annotations

from collections.abc import Mapping

from gogdb.i18n import tr
from gogdb.inferior.arch import Arch, Registers
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.model import Stack
from gogdb.view.doc.document import Mark, StackWord

__all__ = [
    "free",
    "gap",
    "is_code",
    "lo_unknown",
    "marks_at",
    "near_hi",
    "register_marks",
    "with_size",
]

WORDS_NEAR_HI = 5  # newproc1 leaves four free under hi, and gostartcall pushes one (proc.go)


def near_hi(stack: Stack) -> range:
    """Return the addresses of the first words of a goroutine's stack, the highest first."""
    return range(stack.hi - 8, stack.hi - 8 - 8 * WORDS_NEAR_HI, -8)


def gap(above: int, address: int) -> list[StackWord]:
    """Return a row for the words between the one at `address` and the row at `above`, if any."""
    count = above - address - 8
    return [StackWord(address + 8, None, gap=tr("{count} bytes", count=count))] if count > 0 else []


def free(stack: Stack, above: int) -> StackWord:
    """Return the row for the bytes from lo, the stack's end, up to the row at `above`."""
    if not stack.lo_known:
        return StackWord(stack.lo, None, gap=lo_unknown(stack))
    return StackWord(stack.lo, None, gap=tr("{count} bytes free", count=above - stack.lo))


def lo_unknown(stack: Stack) -> str:
    """Say that the lo of a stack, as the runtime has it, is not where the stack ends."""
    return tr("lo is {lo:#x}: where the stack ends is not known", lo=stack.lo)


def with_size(title: str, stack: Stack) -> str:
    """Return the title of a stack, with its size if that is known."""
    return tr("{stack}, {size} B", stack=title, size=stack.size) if stack.lo_known else title


def register_marks(arch: Arch) -> tuple[Mark, Mark]:
    """Return the marks of sp and of the frame pointer."""
    return Mark(arch.sp, "sp"), Mark(arch.fp, "fp")


def marks_at(registers: Registers, address: int) -> list[Mark]:
    """Return the marks of sp and of the frame pointer, if they hold `address`."""
    return [mark for mark in register_marks(registers.arch) if registers[mark.name] == address]


def is_code(word_info: Mapping[int, AddressInfo], address: int) -> bool:
    """Report whether the stack word at `address` holds an address in a function."""
    info = word_info.get(address)
    return info is not None and info.kind == "function"
