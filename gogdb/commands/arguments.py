"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.commands.declaration import Argument, Option, count

__all__ = [
    "ABOUT_G",
    "EXPR",
    "FILTERS",
    "GOROUTINES",
    "LIMIT",
    "LOCATION",
    "goroutine_names",
    "label_keys",
    "label_values",
    "locations",
]


def goroutine_names() -> Sequence[str]:
    """Return names of goroutines and system stacks that most programs have."""
    return "g0", "m0.g0", "m0.gsignal", "m0.curg"


def _statuses() -> Sequence[str]:
    """Return the names of a goroutine's status, as the program has them."""
    from gogdb.commands.session import session

    return [name for name in session().program().reader.constants.statuses if name.isalpha()]


def _labels() -> Sequence[str]:
    """Return the profiler labels of the program's goroutines as K=V, those without blanks."""
    from gogdb.commands.session import session

    runtime = session().stopped().read()
    for gs in runtime.gs.batches():
        runtime.labels.read(gs.column("labels"))
    pairs = {pair for labels in runtime.labels.values() for pair in labels.pairs}
    words = ("=".join(pair) for pair in sorted(pairs))
    return [word for word in words if word.split() == [word]]


def label_keys() -> Sequence[str]:
    """Return the keys of the goroutines' profiler labels, none without a program."""
    from gogdb.errors import ShownError

    try:
        return _keys(_labels())
    except ShownError:
        return ()


def _keys(labels: Sequence[str]) -> Sequence[str]:
    return sorted({label.partition("=")[0] for label in labels})


def label_values() -> Sequence[str]:
    """Return the values that --label can have: each K and each K=V."""
    labels = _labels()
    return (*_keys(labels), *labels)


def locations(text: str) -> Sequence[str]:
    """Return the locations that GDB's `break` completes a text to."""
    from gogdb.gdbhost.breakpoints import completions

    return completions(text)


LOCATION = Argument("location", "LOCATION", "location", matches=locations)

GOROUTINES = Argument("gs", "G", "any", values=goroutine_names)

ABOUT_G = (
    "A G is a goid, g0, mN.g0, mN.gsignal, mN.curg or an address; without one, it is the one that "
    "`go-goroutine` has selected, or else the goroutine or system stack that the selected thread "
    "runs on."
)

FILTERS = (
    Option(
        "--status",
        "only goroutines with this status (runnable, waiting, ...)",
        "S",
        default="",
        values=_statuses,
    ),
    Option("--reason", "only goroutines whose wait reason contains R", "R", default=""),
    Option(
        "--where",
        "only goroutines with PATTERN in a function or file on the stack, or at a FILE:LINE",
        "PATTERN",
        default="",
    ),
    Option(
        "--label",
        "only goroutines with this profiler label (pprof.Do)",
        "K[=V]",
        default="",
        values=label_values,
    ),
)

LIMIT = Option("--limit", "at most N rows; 0 means all (see `show gogdb limit`)", "N", parse=count)

EXPR = Option("--expr", "also show GDB commands that print the same values")
