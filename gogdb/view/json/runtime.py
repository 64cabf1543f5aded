"""What a recorded walk says about the runtime that was walked: layouts, constants, functions."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.errors import GogdbError
from gogdb.inferior.layout import Struct
from gogdb.runtime.model import G
from gogdb.runtime.program import Program

__all__ = ["runtime_json"]

STRUCTS = ("runtime.g", "runtime.m", "runtime.p", "runtime.schedt")


def runtime_json(program: Program, records: Sequence[Record]) -> dict[str, object]:
    """Return `{layouts, constants, functions}`; sizes and offsets in bytes, as in this binary.

    A struct whose layout is not known is left out.
    """
    moments = [moment for record in records for moment in record.observations]
    layouts = {name: layout for name in STRUCTS if (layout := _layout(program, name))}
    return {
        "layouts": {
            name: {
                "size": layout.size,
                "fields": {path: [at.offset, at.size] for path, at in layout.fields.items()},
            }
            for name, layout in layouts.items()
        },
        "constants": _constants(program, moments),
        "functions": _functions(program, moments),
    }


def _layout(program: Program, name: str) -> Struct | None:
    try:
        return program.reader.layout(name)
    except GogdbError:
        return None


def _constants(program: Program, moments: Sequence[Observation]) -> dict[str, object]:
    """Numbers that the walk came across, None for those it did not; and the runtime's names."""
    mains = [moment.main for moment in moments if moment.main and moment.main.stack.hi]
    g0s = [moment.g0 for moment in moments if moment.g0.stack.hi]
    last = moments[-1].runtime if moments else None
    signal = last.g(moments[-1].m0.gsignal) if last else None
    p = _layout(program, "runtime.p")
    runq = p.find("runq") if p else None
    return {
        "g0.stack": g0s[0].stack.size if g0s else None,
        "goroutine stack": mains[0].stack.size if mains else None,
        "gsignal stack": signal.stack.size if signal else None,
        "stackGuard": _guard(mains),
        "sched.maxmcount": last.sched.maxmcount or None if last else None,
        "p.runq": runq.count if runq else None,
        "TLS offset": program.target.binary.tls_offset,
        "statuses": list(last.constants.statuses) if last else [],
        "waitreasons": list(last.constants.wait_reasons) if last else [],
    }


def _guard(gs: Sequence[G]) -> int | None:
    """How far above lo a stack's guard is; a guard that asks for preemption is no address."""
    found = (g.stackguard0 - g.stack.lo for g in gs if g.stackguard0 in g.stack)
    return next((distance for distance in found if distance), None)


def _functions(program: Program, moments: Sequence[Observation]) -> dict[str, int]:
    """The functions that the walk stopped in, and how many bytes of code each has."""
    symbols = (program.target.symbols.at(moment.pc) for moment in moments)
    return {symbol.name: symbol.size for symbol in symbols if symbol}
