"""The Go runtime of a recorded walk: its layouts, constants and functions."""

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
    """Return layouts, constants and functions of this binary; sizes and offsets are in bytes.

    A struct whose layout the binary does not describe is left out.
    """
    observations = [each for record in records for each in record.observations]
    layouts = {name: layout for name in STRUCTS if (layout := _layout(program, name))}
    return {
        "layouts": {
            name: {
                "size": layout.size,
                "fields": {path: [at.offset, at.size] for path, at in layout.fields.items()},
            }
            for name, layout in layouts.items()
        },
        "constants": _constants(program, observations),
        "functions": _functions(program, observations),
    }


def _layout(program: Program, name: str) -> Struct | None:
    try:
        return program.reader.layout(name)
    except GogdbError:
        return None


def _constants(program: Program, observations: Sequence[Observation]) -> dict[str, object]:
    """Return numbers observed in the walk, None for those that were not, and lists of names."""
    goroutines = [
        each.main_goroutine
        for each in observations
        if each.main_goroutine and each.main_goroutine.stack.hi
    ]
    g0s = [each.g0 for each in observations if each.g0.stack.hi]
    last = observations[-1] if observations else None
    gsignal = last.runtime.g(last.m0.gsignal) if last else None
    p = _layout(program, "runtime.p")
    runq = p.find("runq") if p else None
    return {
        "g0.stack": g0s[0].stack.size if g0s else None,
        "goroutine stack": goroutines[0].stack.size if goroutines else None,
        "gsignal stack": gsignal.stack.size if gsignal else None,
        "stackGuard": _guard(goroutines),
        "sched.maxmcount": last.runtime.sched.maxmcount or None if last else None,
        "p.runq": runq.length if runq else None,
        "TLS offset": program.target.binary.tls_offset,
        "statuses": list(last.runtime.constants.statuses) if last else [],
        "waitreasons": list(last.runtime.constants.wait_reasons) if last else [],
    }


def _guard(gs: Sequence[G]) -> int | None:
    """Return the distance from lo to a stack's guard, None if no g has an ordinary guard."""
    distances = (g.stackguard0 - g.stack.lo for g in gs if g.stackguard0 in g.stack)
    return next((distance for distance in distances if distance), None)


def _functions(program: Program, observations: Sequence[Observation]) -> dict[str, int]:
    """Return the functions that the walk stopped in, with the size of their code in bytes."""
    symbols = (program.target.symbols.at(each.pc) for each in observations)
    return {symbol.name: symbol.size for symbol in symbols if symbol}
