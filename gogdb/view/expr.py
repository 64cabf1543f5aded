"""--expr: commands for GDB's own prompt that print the values of a section.

Every command works in GDB 13 and 18 with the languages go, c and asm, which have little syntax in
common: names of the runtime are in single quotes, `.` follows pointers too (go has no `->`), and
there are no casts (go has none). A Go slice is indexed through its array: `'allgs'.array[0]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.inferior.protocol import Binary
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.model import G
from gogdb.view.address_text import describe
from gogdb.view.doc.document import Code, CodeLine, Note, Part

__all__ = ["Expr", "GdbCommand", "code_result", "g_expression", "print_string"]

PROMPT = "(gdb)"


class GdbCommand(NamedTuple):
    """A GDB command and the value that it prints.

    `untyped`: it works without the program's debug information.
    """

    command: str
    result: str
    untyped: bool = False


@dataclass(frozen=True)
class Expr:
    """The block of equivalent GDB commands at the end of a section."""

    has_debug_info: bool
    is_one_of_several: bool  # files with Go code, which may have a runtime each

    @classmethod
    def of(cls, binary: Binary) -> Expr:
        """Return the block for a program."""
        return cls(binary.has_debug_info, bool(binary.other_files))

    def block(self, commands: Sequence[GdbCommand]) -> list[Part]:
        """Show the commands that work for this program, and say when some do not."""
        working = [command for command in commands if self.has_debug_info or command.untyped]
        parts: list[Part] = []
        if working:
            lines = [CodeLine(PROMPT, c.command, note=c.result) for c in working]
            parts.append(Code(lines, "go", tr("by hand")))
        if len(working) < len(commands):
            text = tr("no debug information (-ldflags=-w): GDB knows no field by its name")
            parts.append(Note(text))
        if working and self.is_one_of_several:
            text = tr(
                "several files have Go code: GDB may find a variable of that name in another one; "
                "$go_g, $go_m and $go_p find what is in this one"
            )
            parts.append(Note(text, "warn"))
        return parts


def g_expression(g: G) -> str:
    """Return a g as an expression that calls gogdb's `$go_g`."""
    if g.goid and not g.is_dead:
        return f"$go_g({g.goid})"
    return f'$go_g("{g.name if g.is_system else hex(g.address)}")'


def print_string(expression: str, value: str) -> GdbCommand:
    """Return the command that prints a Go string with this value.

    The length is a number because `len` is a keyword of the language go.
    """
    return GdbCommand(f"p *{expression}.str@{len(value.encode())}", value)


def code_result(info: AddressInfo) -> str:
    """Return a place in the code as GDB prints it: debug information has no ".abi0"."""
    return describe(info).replace(".abi0", "")
