"""Changes of the runtime whose meaning is known, each stated only if two recorded walks show it.

The texts are in i18n/*/atlas.toml, by the name of the change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from gogdb.i18n import language, texts
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.view.atlas_stage import register_rows, source_lines
from gogdb.view.doc.pages import StagePage
from gogdb.view.saved_walk import SavedWalk

__all__ = ["KNOWN", "Known", "Recording", "known_changes"]


class Recording(NamedTuple):
    """A recorded walk, and its cards in English by the id of the stage."""

    walk: SavedWalk
    cards: Mapping[str, StagePage]

    def has(self, struct: str, field: str) -> bool:
        """Report whether a struct of the runtime has a field."""
        layout = self.walk.layouts.get(f"runtime.{struct}")
        return layout is not None and field in layout.fields

    def constant(self, name: str) -> object:
        """Return a number or a list of names, None if it was not recorded."""
        return self.walk.constants.get(name)

    def size(self, struct: str, field: str) -> int:
        """Return the size of a field in bytes, 0 if there is none."""
        layout = self.walk.layouts.get(f"runtime.{struct}")
        return layout.fields.get(field, (0, 0))[1] if layout else 0

    def source(self, stage: str) -> str:
        """Return the listing of source at a stage, with single blanks."""
        page = self.cards.get(stage)
        return " ".join("\n".join(source_lines(page)).split()) if page else ""

    def register(self, stage: str, name: str) -> str:
        """Return the value of a register at a stage as its card shows it, "" if it does not."""
        page = self.cards.get(stage)
        row = register_rows(page).get(name, ()) if page else ()
        return row[2].text if len(row) > 2 else ""

    def claim(self, stage: str, claim: str) -> str:
        """Return the text of a claim in English, "" if it was not checked."""
        saved = self.walk.stages.get(stage)
        return saved.claims.get(claim, ("", False))[0] if saved else ""

    def after(self, stage: str, what: str) -> object:
        """Return the value that a stage gave to something, None if it did not change it."""
        saved = self.walk.stages.get(stage)
        return saved.changes.get(what, (None, None))[1] if saved else None


Check = Callable[[Recording, Recording], bool]


class Known(NamedTuple):
    """A change that an older and a newer walk show; `stage` is where it is seen, "" if at none."""

    name: str
    stage: str
    is_shown: Check


def _added(struct: str, field: str) -> Check:
    return lambda old, new: not old.has(struct, field) and new.has(struct, field)


def _removed(struct: str, field: str) -> Check:
    return lambda old, new: _added(struct, field)(new, old)


def _replaced(struct: str, gone: str, added: str) -> Check:
    """The struct had the field `gone` and has `added` in its place."""

    def check(old: Recording, new: Recording) -> bool:
        return _added(struct, added)(old, new) and _added(struct, gone)(new, old)

    return check


def _whole_slice(old: Recording, new: Recording) -> bool:
    size = 64 << 10  # bytes that rt0_go takes from the stack (asm_amd64.s)
    return (old.constant("g0.stack"), new.constant("g0.stack")) == (size - 104, size)


def _in_source(stage: str, text: str) -> Check:
    """The listing at a stage has a text that it did not have."""
    return lambda old, new: (
        bool(old.source(stage)) and text not in old.source(stage) and text in new.source(stage)
    )


def _random_heap(old: Recording, new: Recording) -> bool:
    first = "0xc000"  # of 0xc000000000, where heaps began (arenaHint in malloc.go)
    g = [each.register("gogo-sp", AMD64.g) for each in (old, new)]
    return g[0].startswith(first) and g[1] != "" and not g[1].startswith(first)


def _gowrap(old: Recording, new: Recording) -> bool:
    texts = [each.claim("main-main", "collector") for each in (old, new)]
    return "gcenable.func1" in texts[0] and "gcenable.gowrap1" in texts[1]


def _tracer(old: Recording, new: Recording) -> bool:
    in_p = [any(each.has("p", name) for name in ("tracebuf", "trace.buf")) for each in (old, new)]
    return in_p == [True, False] and _added("m", "trace.buf")(old, new)


def _new_status(name: str) -> Check:
    def check(old: Recording, new: Recording) -> bool:
        names = [each.constant("statuses") for each in (old, new)]
        return all(isinstance(each, list) for each in names) and [
            name in each for each in names if isinstance(each, list)
        ] == [False, True]

    return check


def _lock_counts(old: Recording, new: Recording) -> bool:
    return (old.after("procresize", "m0.locks"), new.after("procresize", "m0.locks")) == (1, 16)


def _histogram(old: Recording, new: Recording) -> bool:
    return old.size("schedt", "timeToRun") > new.size("schedt", "timeToRun") > 0


KNOWN = (
    Known("whole-slice", "g0-stack", _whole_slice),
    Known("chacha", "mcommoninit", _replaced("m", "fastrand", "chacha8")),
    Known("lock-counts", "procresize", _lock_counts),
    Known("updater", "procresize", _added("schedt", "customGOMAXPROCS")),
    Known("parent", "gostartcall", _added("g", "parentGoid")),
    Known("parked", "runnable", _in_source("runnable", "casgstatus(newg, _Gdead, status)")),
    Known("goid-first", "runnable", _in_source("runnable", "newg.goid = pp.goidcache casgstatus(")),
    Known("mstart-frame", "mstart", _in_source("mstart", "$0, BP")),
    Known("no-ret", "gogo-sp", _removed("g", "sched.ret")),
    Known("random-heap", "gogo-sp", _random_heap),
    Known("gowrap", "main-main", _gowrap),
    Known("leaked", "", _new_status("leaked")),
    Known("green-tea", "", _added("p", "gcw.spanq.ring")),
    Known("x-regs", "", _added("p", "xRegs")),
    Known("idle-ms", "", _added("schedt", "midle.obj")),
    Known("cleanups", "", _added("p", "cleanups")),
    Known("bubble", "", _replaced("g", "syncGroup", "bubble")),
    Known("spinbit", "", _replaced("m", "nextwaitm", "mWaitList")),
    Known("timers", "", _replaced("p", "timersLock", "timers.mu")),
    Known("tracer", "", _tracer),
    Known("pauses", "", _added("schedt", "stwTotalTimeGC")),
    Known("histogram", "", _histogram),
)


def known_changes(old: Recording, new: Recording, stage: str | None = None) -> Iterator[str]:
    """Yield what is known about the changes that the walks show: all, or those at one stage."""
    passages = texts(language(), "atlas")["known"]
    for known in KNOWN:
        if stage in (None, known.stage) and known.is_shown(old, new):
            yield passages[known.name]
