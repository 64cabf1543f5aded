"""What a number is: which stack, struct, function or variable it points into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gogdb.runtime.model import G, Runtime
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame
from gogdb.target.layout import Struct

__all__ = ["Meaning", "Sense"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word is.

    - "nil": 0
    - "stack": on the stack of `name`, `offset` bytes below its hi
    - "os-stack": on the first thread's stack, `offset` bytes above what the kernel gave us
    - "struct": `name` (a g, m, p or sched), its `field` at `offset` bytes
    - "function": `offset` bytes into the code of `name`
    - "symbol": `offset` bytes into the variable `name`
    - "number": nothing known lies there
    """

    kind: Literal["nil", "stack", "os-stack", "struct", "function", "symbol", "number"]
    name: str = ""
    offset: int = 0
    field: str = ""
    frame: str = ""  # for a saved-rbp slot: the function whose frame it is

    @property
    def text(self) -> str:
        """Short and technical; a view may say more."""
        match self.kind:
            case "nil":
                return "0"
            case "stack":
                return f"{self.name}'s stack, {self.offset:#x} below hi"
            case "os-stack":
                above = f", {self.offset:#x} above" if self.offset else ":"
                return f"the OS thread's stack{above} the entry's rsp"
            case "struct":
                if self.field:
                    return f"&{self.name}.{self.field}"
                return f"&{self.name}+{self.offset:#x}" if self.offset else f"&{self.name}"
            case "function":
                return f"{self.name}+{self.offset}" if self.offset else self.name
            case "symbol":
                return f"{self.name}+{self.offset}" if self.offset else f"&{self.name}"
        return ""


class Sense:
    """Gives numbers their meaning at one stop."""

    def __init__(
        self,
        program: Program,
        runtime: Runtime,
        frames: Sequence[Frame] = (),
        extra: Sequence[G] = (),
        entry_sp: int = 0,
    ) -> None:
        """`extra` are gs that are not on allgs yet; `entry_sp` is rsp at the entry point."""
        self._program = program
        self._entry_sp = entry_sp
        self._gs = [*runtime.system, *runtime.gs]
        known = {g.address for g in self._gs}
        self._gs += [g for g in extra if g.address not in known]
        self._frames = frames
        layout = program.reader.layout
        self._structs: list[tuple[int, str, Struct]] = [
            (g.address, g.label, layout("runtime.g")) for g in self._gs
        ]
        ms = {m.address: f"m{m.id}" for m in runtime.ms} | {runtime.m0: "m0"}
        self._structs += [(address, name, layout("runtime.m")) for address, name in ms.items()]
        self._structs += [(p.address, f"p{p.id}", layout("runtime.p")) for p in runtime.ps]
        self._structs.append((runtime.sched.address, "sched", layout("runtime.schedt")))

    def of(self, value: int) -> Meaning:
        """What `value` is."""
        if value == 0:
            return Meaning("nil")
        for address, name, layout in self._structs:
            offset = value - address
            if 0 <= offset < layout.size:
                return Meaning("struct", name, offset, layout.path_at(offset) if offset else "")
        for g in self._gs:
            if not g.unreadable and value in g.stack:
                return Meaning("stack", g.label, g.stack.hi - value)
        if self._entry_sp and 0 <= value - self._entry_sp < 1 << 17:
            return Meaning("os-stack", offset=value - self._entry_sp)
        symbol = self._program.target.symbols.at(value)
        if symbol is not None:
            is_code = self._program.symtab.function(value) is not None
            offset = value - symbol.address
            return Meaning("function" if is_code else "symbol", symbol.name, offset)
        function = self._program.symtab.function(value)
        if function is not None:
            return Meaning("function", function.name, value - function.entry)
        return Meaning("number")

    def first_field(self, address: int) -> str:
        """The field that a struct at exactly `address` begins with, "" for none."""
        return next(
            (layout.path_at(0) for at, _, layout in self._structs if at == address),
            "",
        )

    def of_rbp(self, value: int) -> Meaning:
        """What rbp is: with the function whose frame it marks, when that is one of the frames."""
        what = self.of(value)
        if what.kind != "stack":
            return what
        # Go saves rbp right below the return address (cmd/internal/obj/x86)
        owners = (f.function for f in self._frames if f.cfa - 16 == value and f.cfa - f.sp > 8)
        return replace(what, frame=next(owners, ""))
