"""What an address points into: a stack, a struct of the scheduler, a function, a variable, …"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior.layout import Struct
from gogdb.runtime.heap import Heap
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame

__all__ = ["AddressClassifier", "AddressInfo"]

Kind = Literal[
    "nil",
    "stack",
    "os-stack",
    "struct",
    "function",
    "symbol",
    "section",
    "heap",
    "span",
    "number",
]


# Bytes above SP at the program's entry: argc, argv, envp, auxv and, usually, all their strings
_ARGUMENTS_SIZE = 1 << 17


@dataclass(frozen=True, slots=True)
class AddressInfo:
    """What a word points at, by `kind`:

    - "nil": 0
    - "stack": on the stack of `name`, `offset` bytes below its hi
    - "os-stack": on the first thread's stack, `offset` bytes above SP at the program's entry
    - "struct": `offset` bytes into `name` (a g, m, p or sched), where `field` is
    - "function": `offset` bytes into the code of `name`
    - "symbol": `offset` bytes into the variable `name`
    - "section": in the section `name` of the program's file
    - "heap": `offset` bytes into the memory of an object of `size` bytes
    - "span": `offset` bytes into pages that the runtime manages itself, but not in a known stack
    - "number": none of these
    """

    kind: Kind
    name: str = ""
    offset: int = 0
    field: str = ""
    frame: str = ""  # where a frame saves the frame pointer: its function
    size: int = 0

    @property
    def expression(self) -> str:
        """The address by the program's own names: "&m0.g0", "runtime.main+4", "0"; or ""."""
        match self.kind:
            case "nil":
                return "0"
            case "struct" if self.field:
                return f"&{self.name}.{self.field}"
            case "struct":
                return f"&{self.name}+{self.offset:#x}" if self.offset else f"&{self.name}"
            case "function":
                return f"{self.name}+{self.offset}" if self.offset else self.name
            case "symbol":
                return f"{self.name}+{self.offset}" if self.offset else f"&{self.name}"
        return ""


class _Region(NamedTuple):
    """The memory [`start`, `end`) of a stack or of a struct of the scheduler."""

    start: int
    end: int
    name: str
    layout: Struct | None  # None for a stack

    def contains(self, value: int) -> bool:
        # hi itself is where an empty stack's sp points
        return self.start <= value < self.end or (value == self.end and self.layout is None)


class AddressClassifier:
    """Says what addresses point at, at one stop."""

    def __init__(
        self,
        program: Program,
        runtime: Runtime,
        frames: Sequence[Frame] = (),
        extra: Sequence[G] = (),
        entry_sp: int = 0,
        heap: Heap | None = None,
    ) -> None:
        """Take the memory of the gs, ms and ps of `runtime`, and of the gs in `extra`.

        `frames` are used by `classify_fp`. `entry_sp` is SP at the program's entry. Without
        `heap` addresses in the heap are just numbers.
        """
        self._program = program
        self._entry_sp = entry_sp
        self._heap = heap
        self._frames = frames
        self._gs = runtime.gs
        self._g = program.reader.layout("runtime.g")
        unlisted = [g for g in extra if runtime.gs.find(g.address) is None]
        regions = self._regions_of(runtime, [*runtime.system_gs, *unlisted])
        self._regions = sorted(regions, key=lambda region: region.start)
        self._starts = [region.start for region in self._regions]

    def _regions_of(self, runtime: Runtime, gs: Sequence[G]) -> Iterator[_Region]:
        """Yield the memory of everything but goroutines, of which there may be a million."""
        layout = self._program.reader.layout

        def struct(kind: str, address: int, name: str) -> Iterator[_Region]:
            try:
                fields = layout(f"runtime.{kind}")
            except GogdbError:  # a note says so
                return
            yield _Region(address, address + fields.size, name, fields)

        for g in gs:
            yield from struct("g", g.address, g.label)
            if g.stack_contains(g.stack.hi):
                yield _Region(g.stack.lowest, g.stack.hi, g.label, None)
        ms = {m.address: f"m{m.id}" for m in runtime.ms} | {runtime.m0: "m0"}
        for address, name in ms.items():
            yield from struct("m", address, name)
        for p in runtime.ps:
            yield from struct("p", p.address, f"p{p.id}")
        if not runtime.sched.unreadable:
            yield from struct("schedt", runtime.sched.address, "sched")

    def classify(self, value: int) -> AddressInfo:
        """Return what `value` points at."""
        if value == 0:
            return AddressInfo("nil")
        if (region := self._region(value)) is not None:
            if region.layout is None:
                # hi of a stack may be the start of an object
                beyond = self._on_heap(value) if value == region.end else None
                return beyond or AddressInfo("stack", region.name, region.end - value)
            offset = value - region.start
            field = region.layout.path_at(offset) if offset else ""
            return AddressInfo("struct", region.name, offset, field)
        if self._entry_sp and 0 <= value - self._entry_sp < _ARGUMENTS_SIZE:
            return AddressInfo("os-stack", offset=value - self._entry_sp)
        return self._in_file(value) or self._on_heap(value) or AddressInfo("number")

    def _region(self, value: int) -> _Region | None:
        index = bisect_right(self._starts, value) - 1
        region = self._regions[index] if index >= 0 else None
        if region is None or not region.contains(value):
            region = self._goroutine(value)
        return region

    def _goroutine(self, value: int) -> _Region | None:
        """Return the goroutine's stack or g that contains `value`."""
        if self._program.target.symbols.section(value):  # goroutines are never there
            return None
        if (g := self._gs.on_stack(value)) is not None:
            return _Region(g.stack_lo, g.stack_hi, g.label, None)
        if (g := self._gs.containing(value, self._g.size)) is not None:
            return _Region(g.address, g.address + self._g.size, g.label, self._g)
        return None

    def _in_file(self, value: int) -> AddressInfo | None:
        symbols, function = self._program.target.symbols, self._program.symtab.function(value)
        symbol = symbols.at(value)
        if symbol is not None:
            kind: Kind = "function" if function else "symbol"
            return AddressInfo(kind, symbol.name, value - symbol.address)
        if function is not None:
            return AddressInfo("function", function.name, value - function.entry)
        section = symbols.section(value) if self._heap else ""
        return AddressInfo("section", section) if section else None

    def _on_heap(self, value: int) -> AddressInfo | None:
        heap_object = self._heap.object(value) if self._heap else None
        if heap_object is None:
            return None
        kind: Kind = "span" if heap_object.manual else "heap"
        return AddressInfo(kind, offset=value - heap_object.start, size=heap_object.size)

    def first_field(self, address: int) -> str:
        """Return the first field of the struct that starts at `address`; "" if none does."""
        region = self._region(address)
        if region is None or region.layout is None or region.start != address:
            return ""
        return region.layout.path_at(0)

    def classify_fp(self, value: int) -> AddressInfo:
        """Return what a frame pointer points at, with the function of the frame that saved it."""
        info = self.classify(value)
        if info.kind != "stack":
            return info
        frames = (f for f in self._frames if f.fp_slot == value and not f.inlined)
        return replace(info, frame=next((f.function for f in frames), ""))
