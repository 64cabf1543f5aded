"""Record the answers of a Target and a Debugger, and give them again without either.

A snapshot is one JSON object: what is the same at every stop (binary, layouts, symbols), and for
each stop memory, registers and listings. Replayed, it is a program that can be walked on any
machine, and whose memory can be changed.
"""

from __future__ import annotations

import base64
import lzma
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from json import dumps, loads
from pathlib import Path
from typing import Any, Self

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import Arch, Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.layout import Field, Layouts, Struct
from gogdb.inferior.protocol import (
    Binary,
    CodePlace,
    Debugger,
    Instruction,
    Moment,
    Resumed,
    Stop,
    Symbol,
    Symbols,
    Target,
    Thread,
)
from tests.support.factories import same_ids

__all__ = ["Recorder", "Replay"]


class Recorder:
    """A Target that asks another one, and records each answer under the current stop."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.arch, self.binary, self.slide = target.arch, target.binary, target.slide
        self.layouts: Layouts = _RecordedLayouts(target.layouts)
        self.symbols: Symbols = _RecordedSymbols(target.symbols)
        self._stops: list[dict[str, Any]] = [_empty_stop()]

    def next_stop(self) -> None:
        """Record further answers under a new stop, after the program has run."""
        self._stops.append(_empty_stop())

    def _keep(self, kind: str, key: str, answer: Any) -> Any:
        self._stops[-1][kind][key] = answer
        return answer

    def read(self, address: int, size: int) -> bytes:
        try:
            data = self._target.read(address, size)
        except Unreadable:
            self._stops[-1]["unreadable"].append([address, size])
            raise
        self._keep("memory", str(address), _longer(self._stops[-1]["memory"], address, data))
        return data

    def problems(self) -> Sequence[str]:
        return ()

    def bulk(self) -> Recorder:
        return self

    def registers(self, thread: Thread | None = None) -> Registers:
        thread = thread or self.selected_thread()
        registers = self._target.registers(thread)
        self._keep("registers", str(thread.number if thread else 0), dict(registers))
        return registers

    def registers_of(self, threads: Sequence[Thread]) -> Mapping[Thread, Registers]:
        return {thread: self.registers(thread) for thread in threads}

    def threads(self) -> Sequence[Thread]:
        threads = self._target.threads()
        self._stops[-1]["threads"] = [thread._asdict() for thread in threads]
        return threads

    def thread_ids(self, threads: Sequence[Thread]) -> Mapping[int, int]:
        return same_ids(threads)

    def selected_thread(self) -> Thread | None:
        thread = self._target.selected_thread()
        self._stops[-1]["selected"] = thread._asdict() if thread else None
        return thread

    def siginfo(self) -> bytes:
        return b""  # no recorded program stands at a signal

    def cpu_count(self) -> int | None:
        self._stops[-1]["cpus"] = self._target.cpu_count()
        return self._target.cpu_count()

    def signals_caught(self) -> int | None:
        self._stops[-1]["signals"] = self._target.signals_caught()
        return self._target.signals_caught()

    def monotonic(self) -> int | None:
        now = self._target.monotonic()
        self._stops[-1]["monotonic"] = now
        return now

    def code_at(self, pc: int) -> CodePlace:
        return self._target.code_at(pc)

    def instructions(self, start: int, end: int) -> Sequence[Instruction]:
        code = self._target.instructions(start, end)
        self._keep("instructions", f"{start} {end}", [i._asdict() for i in code])
        return code

    def source(self, file: str, pc: int, first: int, last: int) -> Sequence[str] | None:
        lines = self._target.source(file, pc, first, last)
        self._keep("source", f"{file} {first} {last}", None if lines is None else list(lines))
        return lines

    def save(self, path: Path) -> None:
        """Write the snapshot, xz-compressed JSON."""
        snapshot = {
            "binary": self.binary._asdict(),
            "slide": self.slide,
            "layouts": self.layouts.recorded,  # type: ignore[attr-defined]
            "symbols": self.symbols.recorded,  # type: ignore[attr-defined]
            "stops": self._stops,
        }
        path.write_bytes(lzma.compress(dumps(snapshot).encode(), preset=9))


def _empty_stop() -> dict[str, Any]:
    kinds: dict[str, Any] = {kind: {} for kind in ("memory", "registers", "instructions", "source")}
    nothing = dict.fromkeys(("selected", "cpus", "signals"))
    return kinds | nothing | {"unreadable": [], "threads": []}


def _longer(memory: Mapping[str, str], address: int, data: bytes) -> str:
    """Return the longer of two reads at one address."""
    known = memory.get(str(address), "")
    new = base64.b64encode(data).decode()
    return known if len(known) > len(new) else new


class _RecordedLayouts:
    def __init__(self, layouts: Layouts) -> None:
        self._layouts = layouts
        self.source = layouts.source
        self.recorded: dict[str, Any] = {}

    def struct(self, name: str) -> Struct | None:
        struct = self._layouts.struct(name)
        self.recorded[name] = struct and {
            "size": struct.size,
            "fields": {
                path: [f.offset, f.size, f.kind, f.length, f.stride]
                for path, f in struct.fields.items()
            },
        }
        return struct


class _RecordedSymbols:
    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols
        self.recorded: dict[str, dict[str, Any]] = {"find": {}, "at": {}, "section": {}}

    def find(self, name: str) -> Symbol | None:
        symbol = self._symbols.find(name)
        self.recorded["find"][name] = symbol and [symbol.name, symbol.address, symbol.size]
        return symbol

    def at(self, address: int) -> Symbol | None:
        symbol = self._symbols.at(address)
        self.recorded["at"][str(address)] = symbol and [symbol.name, symbol.address, symbol.size]
        return symbol

    def section(self, address: int) -> str:
        name = self._symbols.section(address)
        self.recorded["section"][str(address)] = name
        return name


class Replay:
    """A snapshot as a Target and a Debugger: resuming goes to the next recorded stop.

    Memory that was not read at a stop is taken from the nearest stop before it.
    """

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        self.arch: Arch = AMD64
        self.binary = Binary(**snapshot["binary"])
        self.slide: int = snapshot["slide"]
        self.layouts: Layouts = _Layouts(snapshot["layouts"])
        self.symbols: Symbols = _Symbols(snapshot["symbols"])
        self._stops: list[Mapping[str, Any]] = list(snapshot["stops"])
        self._memories: list[_Segments] = [_Segments(stop["memory"]) for stop in self._stops]
        self._at = self._newest = 0
        self._armed: dict[int, Callable[[], bool] | None] = {}
        self.is_recorded = False  # like a program under `record full`

    @classmethod
    def load(cls, path: Path) -> Replay:
        return cls(loads(lzma.decompress(path.read_bytes())))

    def copy(self) -> Self:
        """Return a copy at the first stop; changes to it do not affect the original."""
        other = copy(self)
        other._stops, other._memories = [*self._stops], [*self._memories]
        other._at, other._newest, other._armed = 0, 0, {}
        return other

    # as a Target

    def read(self, address: int, size: int) -> bytes:
        if [address, size] not in self._stops[self._at]["unreadable"]:
            # then from later stops: code and tables never change
            order = (*range(self._at, -1, -1), *range(self._at + 1, len(self._stops)))
            for stop in order:
                data: bytes | None = self._memories[stop].read(address, size)
                if data is not None:
                    return data
        raise Unreadable(address, size)

    def problems(self) -> Sequence[str]:
        return ()

    def bulk(self) -> Replay:
        return self

    def registers(self, thread: Thread | None = None) -> Registers:
        thread = thread or self.selected_thread()
        recorded = self._stops[self._at]["registers"]
        number = str(thread.number if thread else 0)
        if number not in recorded:
            raise GogdbError(f"no registers of thread {number} were recorded")
        return Registers(self.arch, recorded[number])

    def registers_of(self, threads: Sequence[Thread]) -> Mapping[Thread, Registers]:
        recorded = self._stops[self._at]["registers"]
        return {
            thread: self.registers(thread) for thread in threads if str(thread.number) in recorded
        }

    def threads(self) -> Sequence[Thread]:
        threads = [Thread(**thread) for thread in self._stops[self._at]["threads"]]
        selected = self.selected_thread()
        return threads or ([selected] if selected else [])

    def thread_ids(self, threads: Sequence[Thread]) -> Mapping[int, int]:
        return same_ids(threads)

    def selected_thread(self) -> Thread | None:
        selected = self._stops[self._at]["selected"]
        return Thread(**selected) if selected else None

    def siginfo(self) -> bytes:
        return b""

    def cpu_count(self) -> int | None:
        return next((stop["cpus"] for stop in self._stops if stop["cpus"]), None)

    def signals_caught(self) -> int | None:
        caught: int | None = self._stops[self._at]["signals"]
        return caught

    def monotonic(self) -> int | None:
        now: int | None = self._stops[self._at].get("monotonic")
        return now

    def code_at(self, pc: int) -> CodePlace:
        return CodePlace()  # no recorded program has C code

    def instructions(self, start: int, end: int) -> Sequence[Instruction]:
        code = self._stops[self._at]["instructions"].get(f"{start} {end}", ())
        return [Instruction(**instruction) for instruction in code]

    def source(self, file: str, pc: int, first: int, last: int) -> Sequence[str] | None:
        lines: Sequence[str] | None = self._stops[self._at]["source"].get(f"{file} {first} {last}")
        return lines

    # as a Debugger

    def alive(self) -> bool:
        return self._at < len(self._stops)

    def moment(self) -> Moment | None:
        if not self.is_recorded:
            return None
        return Moment(self._at, self._newest, self._at < self._newest)

    def start(self) -> None:
        self._at = 0

    def arm(self, stops: Sequence[Stop]) -> None:
        self._armed |= {stop.address: stop.condition for stop in stops}

    def resume(self) -> Resumed:
        if self._at + 1 == len(self._stops):
            return Resumed("exited", detail="with code 0")
        self._at += 1
        self._newest = max(self._newest, self._at)
        address = self.registers().pc
        condition = self._armed.get(address, bool)  # bool() is False: not armed
        if condition is None or condition():
            return Resumed("arrived", address)
        raise GogdbError(f"the snapshot stops at {address:#x}, where nothing is armed")

    def drop(self, address: int) -> None:
        self._armed.pop(address, None)

    def disarm(self) -> None:
        self._armed.clear()

    # for tests: other programs than the recorded one

    @property
    def stops(self) -> int:
        """The number of recorded stops."""
        return len(self._stops)

    @property
    def armed(self) -> frozenset[int]:
        """The addresses where resuming stops."""
        return frozenset(self._armed)

    def go_to(self, stop: int) -> None:
        """Go to a recorded stop, the last one for -1, without running there."""
        self._at = range(self.stops)[stop]
        self._newest = max(self._newest, self._at)

    def end_after(self, stops: int) -> None:
        """Let the program exit after its first `stops` stops."""
        del self._stops[stops:]

    def change(self, stop: int, address: int, data: bytes) -> None:
        """Put other bytes into the memory of one stop."""
        self._memories[stop] = self._memories[stop].changed(address, data)

    def change_register(self, stop: int, name: str, value: int) -> None:
        """Set a register of the thread that is selected at one stop."""
        thread = str(self._stops[stop]["selected"]["number"])
        registers = self._stops[stop]["registers"]
        self._answer(stop, registers={**registers, thread: {**registers[thread], name: value}})

    def change_lwp(self, stop: int, lwp: int) -> None:
        """Give the thread that is selected at one stop another thread id."""
        self._answer(stop, selected={**self._stops[stop]["selected"], "lwp": lwp})

    def change_clock(self, now: int) -> None:
        """Let the machine's monotonic clock stand at `now` (ns) at every stop."""
        for stop in range(self.stops):
            self._answer(stop, monotonic=now)

    def _answer(self, stop: int, **answers: object) -> None:
        self._stops[stop] = {**self._stops[stop], **answers}


class _Segments:
    """The memory that was read at one stop."""

    def __init__(self, memory: Mapping[str, str]) -> None:
        pairs = sorted((int(at), base64.b64decode(data)) for at, data in memory.items())
        self._starts = [at for at, _ in pairs]
        self._data = [data for _, data in pairs]
        self._longest = max((len(data) for data in self._data), default=0)

    def read(self, address: int, size: int) -> bytes | None:
        """Return the bytes if one read covers them, else None."""
        for i in range(bisect_right(self._starts, address) - 1, -1, -1):
            offset = address - self._starts[i]
            if offset > self._longest:
                return None
            if offset + size <= len(self._data[i]):
                return self._data[i][offset : offset + size]
        return None

    def changed(self, address: int, data: bytes) -> Self:
        """Return a copy with `data` at `address`, in every read that covers some of it."""
        other = copy(self)
        other._data = [*self._data]
        for i, (start, segment) in enumerate(zip(self._starts, self._data, strict=True)):
            low, high = max(start, address), min(start + len(segment), address + len(data))
            if low < high:
                new = data[low - address : high - address]
                other._data[i] = segment[: low - start] + new + segment[high - start :]
        return other


class _Layouts:
    source = "snapshot"

    def __init__(self, recorded: Mapping[str, Any]) -> None:
        self._structs = {
            name: Struct(
                name, kind["size"], {path: Field(*place) for path, place in kind["fields"].items()}
            )
            for name, kind in recorded.items()
            if kind
        }

    def struct(self, name: str) -> Struct | None:
        return self._structs.get(name)


class _Symbols:
    def __init__(self, recorded: Mapping[str, Mapping[str, Any]]) -> None:
        self._recorded = recorded

    def find(self, name: str) -> Symbol | None:
        symbol = self._recorded["find"].get(name)
        return Symbol(*symbol) if symbol else None

    def at(self, address: int) -> Symbol | None:
        symbol = self._recorded["at"].get(str(address))
        return Symbol(*symbol) if symbol else None

    def section(self, address: int) -> str:
        return str(self._recorded["section"].get(str(address), ""))


def _is_debugger(replay: Replay) -> Debugger:
    """For the type checker: a Replay is both."""
    return replay


def _is_target(replay: Replay) -> Target:
    return replay
