"""go-stacks --group as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.runtime.groups import Group

__all__ = ["groups"]


def groups(groups: Sequence[Group]) -> Iterator[dict[str, object]]:
    """Yield each group of goroutines; its `goids` are in the order of allgs."""
    for group in groups:
        yield {
            "count": len(group),
            "kinds": [
                {"status": status, "waitreason": reason or None, "count": count}
                for (status, reason), count in group.kinds.most_common()
            ],
            "goids": list(group.goids),
            "frames": [
                {"function": frame.function, "file": frame.file, "line": frame.line}
                for frame in group.frames
            ],
            "ended": group.ended,
        }
