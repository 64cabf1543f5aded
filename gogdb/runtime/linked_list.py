"""Walk a list that the runtime links through a field of its structs."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.errors import Unreadable
from gogdb.runtime.problems import Problems
from gogdb.runtime.reader import RuntimeReader

__all__ = ["linked_list"]


def linked_list(
    reader: RuntimeReader,
    head: int,
    link: int,
    limit: int,
    part: str,
    what: str,
    problems: Problems,
) -> Iterator[int]:
    """Yield the addresses of a linked list, whose next pointer lies `link` bytes into each.

    Ends with a problem of `part` at a cycle, after `limit` addresses, at an address that is not
    aligned, or at unreadable memory; `what` names the list.
    """
    seen: set[int] = set()
    while head:
        if head in seen:
            problems.add(part, f"{what} has a cycle: stopped at {head:#x}")
            return
        if len(seen) == limit:
            problems.add(part, f"{what} does not end: stopped after {limit}")
            return
        if head % 8:
            problems.add(part, f"{what} leads to {head:#x}, which is not aligned: stopped there")
            return
        seen.add(head)
        yield head
        try:
            head = reader.word(head + link)
        except Unreadable as error:
            problems.add(part, f"{what}: {error}")
            return
