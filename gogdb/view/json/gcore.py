"""`go-gcore --json`."""

from __future__ import annotations

from gogdb.view.gcore import Core

__all__ = ["gcore_json"]


def gcore_json(core: Core) -> dict[str, object]:
    """Return what has been written."""
    file = core.file
    return {
        "file": file.path,
        "program": core.program,
        "threads": file.threads,
        "goroutines": core.goroutines,
        "total": core.total,
        "limit": core.limit,
        "lwp_base": file.base,
        "size": file.size,
        "on_disk": file.on_disk,
        "left_out": [{"count": count, "why": why} for why, count in core.unknown.items()],
        "notes": list(core.notes),
    }
