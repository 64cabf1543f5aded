"""go-stacks --group as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.runtime.groups import Group
from gogdb.runtime.unwind import Frame
from gogdb.view.json.values import as_hex

__all__ = ["groups", "kinds", "queues"]


def groups(groups: Sequence[Group]) -> Iterator[dict[str, object]]:
    """Yield each group of goroutines with equal stacks."""
    for group in groups:
        frames, user = group.shape.frames, group.shape.user
        yield {
            "count": len(group),
            "kinds": kinds(group),
            "user": None if user is None else _frame(frames[user]),
            "system": group.system,
            "queues": queues(group),
            "goids": list(group.goids),
            "frames": [_frame(frame) for frame in frames],
            "ended": group.shape.ended,
        }


def kinds(group: Group) -> list[dict[str, object]]:
    """Return how many goroutines have which status and wait reason."""
    return [
        {"status": status, "waitreason": reason or None, "count": count}
        for (status, reason), count in group.kinds.most_common()
    ]


def queues(group: Group) -> list[dict[str, object]]:
    """Return what goroutines of the group wait for together with others."""
    return [
        {
            "kind": queue.object.kind,
            "address": as_hex(queue.object.address),
            "count": queue.own,
            "total": queue.total,
        }
        for queue in group.queues
    ]


def _frame(frame: Frame) -> dict[str, object]:
    return {"function": frame.function, "file": frame.file, "line": frame.line}
