"""`python -m gogdb.launch.lacking`: the extras to install, because the machine lacks the tool."""

from __future__ import annotations

from collections.abc import Callable

from gogdb.errors import GogdbError
from gogdb.launch.tools import find_gdb, find_go

__all__ = ["lacking"]


def lacking() -> list[str]:
    """The extras that bring a GDB or a Go where there is no good one."""
    tools: dict[str, Callable[[], object]] = {"gdb": find_gdb, "go": find_go}
    return [extra for extra, find in tools.items() if _fails(find)]


def _fails(find: Callable[[], object]) -> bool:
    try:
        find()
    except GogdbError:
        return True
    return False


if __name__ == "__main__":
    print(*lacking())
