"""What a stage of the walk puts on screen beside code and registers, by the names in its `show`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.i18n import tr
from gogdb.runtime.gobuf import gobuf_words
from gogdb.runtime.scheduler import Runtime
from gogdb.view import binding, gobuf
from gogdb.view.boot_stacks import abi0, arguments, forged, prologue, stacks
from gogdb.view.doc import Cell, Column, Part, Table, Text
from gogdb.view.g_table import g_table
from gogdb.view.m_table import m_table
from gogdb.view.p_table import p_table
from gogdb.view.sched_table import sched_table

__all__ = ["evidence", "picture"]


def evidence(
    record: Record, without: Collection[str] = (), before: Record | None = None
) -> list[Part]:
    """What the stage puts on screen beside code and registers, by its `show`."""
    parts: list[Part] = []
    for name in record.stage.show:
        if name not in without:
            parts += picture(name, record, before)
    return parts


def picture(name: str, record: Record, before: Record | None) -> Sequence[Part]:
    """One of them; what has changed since the stage `before` is marked where that is to be seen."""
    compared = _COMPARED.get(name)
    return compared(record, before.last if before else None) if compared else _SHOWN[name](record)


def _gobuf(record: Record, before: Observation | None) -> list[Part]:
    moment = record.shown
    if moment.main is None:
        return []
    buf = moment.main.sched
    meanings = {field: moment.gobuf_info[word] for field, word in gobuf_words(buf).items()}
    live = moment.registers if record.stage.id.startswith("gogo") else None
    was = before.main.sched if before and before.main else None
    return [gobuf.table(moment.main, meanings, live, tr("goroutine 1's gobuf"), was)]


def _g0_gobuf(record: Record, before: Observation | None) -> list[Part]:
    moment = record.shown
    meanings = {
        field: moment.gobuf_info[word] for field, word in gobuf_words(moment.g0.sched).items()
    }
    was = before.g0.sched if before else None
    return [gobuf.table(moment.g0, meanings, None, tr("g0's gobuf"), was)]


def _strings(record: Record) -> list[Part]:
    process = record.shown.process
    argv = process.argv if process else ()
    rows = [[Cell(str(number)), Cell(f'"{text}"', text)] for number, text in enumerate(argv)]
    return [Table((Column("argv", "right"), Column(tr("string"))), rows)]


def _tls(record: Record) -> list[Part]:
    moment = record.shown
    base, name = moment.registers.thread_pointer, moment.registers.arch.thread_pointer
    offset = moment.tls_slot - base
    holds = moment.tls_g_label or (f"{moment.tls_g:#x}" if moment.tls_g else "0")
    sum_ = f"{name}{offset:+d} = {base:#x}{offset:+d} = {moment.tls_slot:#x}"
    return [Text(tr("TLS slot = {sum}, holds {holds}", sum=sum_, holds=holds), "strong")]


_SHOWN: Mapping[str, Callable[[Record], Sequence[Part]]] = {
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

# Those that show what is not as it was when the stage before ended
_COMPARED: Mapping[str, Callable[[Record, Observation | None], Sequence[Part]]] = {
    "gobuf": _gobuf,
    "g0-gobuf": _g0_gobuf,
    "binding": lambda record, before: [
        binding.binding(record.shown.runtime, record.shown.m0, before=_runtime(before))
    ],
    "idle": lambda record, before: [binding.idle_list(record.shown.runtime, _runtime(before))],
    "ps": lambda record, before: p_table(record.shown.runtime, _runtime(before)),
}


def _runtime(moment: Observation | None) -> Runtime | None:
    return moment.runtime if moment else None
