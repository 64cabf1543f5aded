"""How two walks differ, in sentences, the most important first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.i18n import tr
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.view.saved_walk import SavedWalk

__all__ = ["listed", "runtime_sentences", "sentences"]

MOST_NAMES = 8  # in a sentence


def sentences(a: SavedWalk, b: SavedWalk) -> Iterator[str]:
    """Yield what `b` does differently from `a`, one sentence each."""
    yield from _stages(a, b)
    yield from runtime_sentences(a, b)


def runtime_sentences(a: SavedWalk, b: SavedWalk) -> Iterator[str]:
    """Yield how the runtime of `b` differs from that of `a`, whatever the walks have seen of it."""
    yield from _sizes(a, b)
    yield from _numbers(a, b)
    yield from _lists(a, b)
    yield from _structs(a, b)
    yield from _functions(a, b)


def _stages(a: SavedWalk, b: SavedWalk) -> Iterator[str]:
    seen = [{s.id for s in walk.stages.values() if not s.skipped} for walk in (a, b)]
    if only := sorted(seen[0] - seen[1]):
        yield tr("Only in the first walk these stages were seen: {names}.", names=listed(only))
    if only := sorted(seen[1] - seen[0]):
        yield tr("Only in the second walk these stages were seen: {names}.", names=listed(only))


def _sizes(a: SavedWalk, b: SavedWalk) -> Iterator[str]:
    """Yield a sentence for each of the sizes in bytes that has changed."""
    names = {
        "g0.stack": tr("g0's stack"),
        "goroutine stack": tr("A goroutine's first stack"),
        "gsignal stack": tr("gsignal's stack"),
        "stackGuard": tr("The room between a stack's lo and its guard"),
    }
    for name, title in names.items():
        yield from _grown(title, a.constants.get(name), b.constants.get(name))


def _grown(title: str, old: object, new: object) -> Iterator[str]:
    if not isinstance(old, int) or not isinstance(new, int) or old == new:
        return
    n = abs(new - old)
    if new > old:
        yield tr(
            "{what} grew by {n} bytes, from {old} to {new}.", what=title, n=n, old=old, new=new
        )
    else:
        yield tr(
            "{what} shrank by {n} bytes, from {old} to {new}.", what=title, n=n, old=old, new=new
        )


def _numbers(a: SavedWalk, b: SavedWalk) -> Iterator[str]:
    names = {
        "sched.maxmcount": tr("The largest number of Ms"),
        "p.runq": tr("The number of places in a P's run queue"),
        "TLS offset": tr("The distance of the TLS slot from {base}", base=AMD64.thread_pointer),
    }
    for name, title in names.items():
        old, new = a.constants.get(name), b.constants.get(name)
        if old is not None and new is not None and old != new:
            yield tr("{what} was {old} and is {new}.", what=title, old=old, new=new)


def _lists(a: SavedWalk, b: SavedWalk) -> Iterator[str]:
    """Yield the names of statuses and of wait reasons that are new or gone."""
    if names := _only_in(b, a, "statuses"):
        yield tr("New statuses of goroutines: {names}.", names=listed(names))
    if names := _only_in(a, b, "statuses"):
        yield tr("Statuses that are gone: {names}.", names=listed(names))
    if names := _only_in(b, a, "waitreasons"):
        yield tr("New wait reasons: {names}.", names=listed(names))
    if names := _only_in(a, b, "waitreasons"):
        yield tr("Wait reasons that are gone: {names}.", names=listed(names))


def _only_in(walk: SavedWalk, other: SavedWalk, name: str) -> list[object]:
    """Return what a list of the runtime's has in one walk and not in the other."""
    these, those = walk.constants.get(name), other.constants.get(name)
    if not isinstance(these, list) or not isinstance(those, list):
        return []
    return [each for each in these if each not in those]


def _structs(a: SavedWalk, b: SavedWalk) -> Iterator[str]:
    for name, old in a.layouts.items():
        new = b.layouts.get(name)
        if new is None:
            continue
        title = tr("The struct {name}", name=name)
        yield from _grown(title, old.size, new.size)


def _functions(a: SavedWalk, b: SavedWalk) -> Iterator[str]:
    both = [name for name in a.functions if name in b.functions]
    changed = [name for name in both if a.functions[name] != b.functions[name]]
    if changed:
        most = max(changed, key=lambda name: abs(a.functions[name] - b.functions[name]))
        yield tr(
            "Of {all} functions that the stages stop in, {n} have another size; the most changed "
            "is {name}, from {old} to {new} bytes.",
            all=len(both),
            n=len(changed),
            name=most,
            old=a.functions[most],
            new=b.functions[most],
        )


def listed(names: Sequence[object]) -> str:
    """Return names for a sentence, the first of them if there are many."""
    shown = ", ".join(str(name) for name in names[:MOST_NAMES])
    rest = len(names) - MOST_NAMES
    return shown if rest <= 0 else tr("{names} and {n} more", names=shown, n=rest)
