"""The pictures and tables of a stage, besides code and registers, by the names in its `show`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.i18n import tr
from gogdb.runtime.gobuf import gobuf_words
from gogdb.runtime.model import G, Gobuf
from gogdb.runtime.scheduler import Runtime
from gogdb.view import binding, gobuf
from gogdb.view.boot_stacks import abi0, arguments, forged, prologue, stacks
from gogdb.view.doc.document import Cell, Column, Part, Table, Text
from gogdb.view.g_table import g_table
from gogdb.view.m_table import m_table
from gogdb.view.p_table import p_table
from gogdb.view.sched_table import sched_table

__all__ = ["PANELS", "panel", "panels"]


def panels(
    record: Record, without: Collection[str] = (), before: Record | None = None
) -> list[Part]:
    """Return everything in the stage's `show` but what is in `without`."""
    names = (name for name in record.stage.show if name not in without)
    return [part for name in names for part in panel(name, record, before)]


def panel(name: str, record: Record, before: Record | None) -> Sequence[Part]:
    """Return one picture or table, with a mark on what has changed since the stage `before`."""
    if name in _WITH_MARKS:
        return _WITH_MARKS[name](record, before.last if before else None)
    return _WITHOUT_MARKS[name](record)


def _gobuf(record: Record, before: Observation | None, loads: bool = False) -> list[Part]:
    """Return goroutine 1's gobuf; with `loads`, beside the registers that gogo loads from it."""
    now = record.shown
    if now.main_goroutine is None:
        return []
    live = now.registers if loads else None
    was = before.main_goroutine.sched if before and before.main_goroutine else None
    return [_gobuf_table(now, now.main_goroutine, live, tr("goroutine 1's gobuf"), was)]


def _g0_gobuf(record: Record, before: Observation | None) -> list[Part]:
    now = record.shown
    was = before.g0.sched if before else None
    return [_gobuf_table(now, now.g0, None, tr("g0's gobuf"), was)]


def _gobuf_table(
    now: Observation, g: G, live: Mapping[str, int] | None, title: str, was: Gobuf | None
) -> Table:
    infos = {field: now.gobuf_info[word] for field, word in gobuf_words(g.sched).items()}
    return gobuf.table(now.registers.arch, g, infos, live, title, was)


def _strings(record: Record) -> list[Part]:
    """Return the strings of argv."""
    process = record.shown.process
    argv = process.argv if process else ()
    rows = [[Cell(str(number)), Cell(f'"{text}"', text)] for number, text in enumerate(argv)]
    return [Table((Column("argv", "right"), Column(tr("string"))), rows)]


def _tls(record: Record) -> list[Part]:
    """Return the address of the TLS slot, and what the slot holds."""
    now = record.shown
    base, offset = now.registers.thread_pointer, now.tls_offset
    holds = now.tls_g_label or (f"{now.tls_g:#x}" if now.tls_g else "0")
    name = now.registers.arch.thread_pointer
    equation = f"{name}{offset:+d} = {base:#x}{offset:+d} = {now.tls_slot:#x}"
    return [Text(tr("TLS slot = {sum}, holds {holds}", sum=equation, holds=holds), "strong")]


_WITHOUT_MARKS: Mapping[str, Callable[[Record], Sequence[Part]]] = {
    "arguments": arguments,
    "stacks": stacks,
    "prologue": prologue,
    "strings": _strings,
    "forged": forged,
    "abi0": abi0,
    "tls": _tls,
    "sched": lambda record: sched_table(record.shown.runtime),
    "ms": lambda record: m_table(record.shown.runtime, {}),
    "gs": lambda record: g_table(record.shown.runtime, record.shown.runtime.gs, {}),
}

_WITH_MARKS: Mapping[str, Callable[[Record, Observation | None], Sequence[Part]]] = {
    "gobuf": _gobuf,
    "gobuf-loads": lambda record, before: _gobuf(record, before, loads=True),
    "g0-gobuf": _g0_gobuf,
    "binding": lambda record, before: [
        binding.binding(record.shown.runtime, record.shown.m0, before=_runtime(before))
    ],
    "idle": lambda record, before: [binding.idle_list(record.shown.runtime, _runtime(before))],
    "ps": lambda record, before: p_table(record.shown.runtime, _runtime(before)),
}


PANELS = {*_WITHOUT_MARKS, *_WITH_MARKS}
"""The names of all pictures and tables."""


def _runtime(observation: Observation | None) -> Runtime | None:
    return observation.runtime if observation else None
