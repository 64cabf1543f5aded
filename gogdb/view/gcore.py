"""What go-gcore has written, in a few lines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.view.doc.document import Doc, Note, Part, Text

__all__ = ["Core", "CoreFile", "document"]

_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


class CoreFile(NamedTuple):
    """A core file: `threads` are those of the process, sizes are in bytes.

    The thread of goroutine N has the LWP `base` + N.
    """

    path: str
    threads: int
    base: int
    size: int
    on_disk: int


class Core(NamedTuple):
    """A core of `program` with `goroutines` of `total` as threads.

    At most `limit` have equal stacks, None: all are written. `unknown` counts those whose registers
    are not known, by the reason.
    """

    file: CoreFile
    program: str
    goroutines: int
    total: int
    limit: int | None
    unknown: Mapping[str, int]
    notes: Sequence[str]


def document(core: Core) -> Doc:
    """Return the page."""
    file = core.file
    written = tr(
        "{goroutines} of {total} {total:goroutine|goroutines} and {threads} "
        "{threads:thread|threads} of the process written to {path}, {size} on disk",
        goroutines=core.goroutines,
        total=core.total,
        threads=file.threads,
        path=file.path,
        size=_size(file.on_disk),
    )
    threads = tr(
        "goroutine N is the thread with LWP {base} + N: `thread find {example}`",
        base=file.base,
        example=file.base + 1,
    )
    command = f"gdb --core {shlex.quote(file.path)} {shlex.quote(core.program)}"
    opens = tr("`{command}` opens it", command=command)
    parts: list[Part] = [Text(written), Note(threads), Note(opens)]
    if core.limit is not None and core.goroutines + sum(core.unknown.values()) < core.total:
        text = tr(
            "of goroutines with equal stacks {limit} are written: --all writes every one, "
            "--limit N more of each; --status, --reason and --where choose",
            limit=core.limit,
        )
        parts.append(Note(text))
    for why, count in core.unknown.items():
        parts.append(Note(tr("{count} left out: {why}", count=count, why=why), "warn"))
    parts += [Note(note, "warn") for note in core.notes]
    return Doc(parts)


def _size(count: int) -> str:
    """Return a number of bytes with a unit: "2.9 MiB"."""
    for unit, name in _UNITS:
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} B"
