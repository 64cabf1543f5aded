"""Find the array of all gs, by the two records that the runtime keeps of it.

`runtime.allgptr` and `runtime.allglen` are atomic copies of the slice `runtime.allgs`, whose header
an append can tear (allgadd in runtime/proc.go). At a stop within allgadd they may be one g, or one
array, behind the slice; any other difference is damage.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import islice
from operator import lt
from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.runtime.problems import Problems
from gogdb.runtime.reader import RuntimeReader

__all__ = ["find_gs"]

_MAX_GS = 16_000_000  # more than fit into the machines that Go runs on


class _Slice(NamedTuple):
    """The header of a slice."""

    array: int
    len: int
    cap: int


def find_gs(reader: RuntimeReader, others: Mapping[int, str], problems: Problems) -> list[int]:
    """Return the addresses on allgs, each once.

    `others` are the names of structs, by address, that cannot be on it: Ms, Ps and system gs.

    Raises `GogdbError` if the program lacks the variables, or if neither record can be read.
    """
    pointer, length = reader.address("runtime.allgptr"), reader.address("runtime.allglen")
    allgs = _read_slice(reader)
    count = _count(reader, length, allgs, problems)
    if not count:
        return []
    return _distinct(_entries(reader, pointer, count, allgs, problems), others, problems)


def _read_slice(reader: RuntimeReader) -> _Slice | None:
    """Return the header of allgs, None if it cannot be read or makes no sense."""
    variable = reader.symbols.variable("runtime.allgs")
    if variable is None:
        return None
    try:
        allgs = _Slice(*reader.words(variable.address, 3))
    except Unreadable:
        return None
    return allgs if allgs.array and allgs.len <= allgs.cap <= _MAX_GS else None


def _count(reader: RuntimeReader, address: int, allgs: _Slice | None, problems: Problems) -> int:
    """Return allglen, or len(allgs) where allglen cannot be right."""
    try:
        count = reader.word(address)
    except Unreadable as error:
        if allgs is None:
            raise
        problems.add("gs", f"runtime.allglen: {error}; len(allgs) is used, {allgs.len}")
        return allgs.len
    if allgs and not allgs.len - 1 <= count <= allgs.cap:
        problems.add("gs", f"runtime.allglen is {count}, but len(allgs) is {allgs.len}: it is used")
        return allgs.len
    if count > _MAX_GS:
        raise GogdbError(f"runtime.allglen is {count}, which is implausible: no goroutine was read")
    return count


def _entries(
    reader: RuntimeReader, pointer: int, count: int, allgs: _Slice | None, problems: Problems
) -> Sequence[int]:
    """Return `count` words of the array at allgptr, or of the one of allgs if that is no array."""
    first = reader.word(pointer)
    arrays = [first, *([allgs.array] if allgs and allgs.array != first else ())]
    readable = dict[int, Sequence[int]]()
    failure = None
    for array in arrays:
        try:
            readable[array] = memoryview(reader.target.read(array, 8 * count)).cast("Q")
        except Unreadable as error:
            failure = failure or error
    if not readable:
        raise GogdbError(f"allgs: {failure}")
    used = next((array for array in readable if _begins_with_g(reader, readable[array])), None)
    used = next(iter(readable)) if used is None else used
    if used != first:
        problems.add("gs", f"runtime.allgptr {first:#x} is no array of gs: allgs is read instead")
    return readable[used]


def _begins_with_g(reader: RuntimeReader, entries: Sequence[int]) -> bool:
    """Report whether the first entry is a g, whose gobuf names it (newproc1)."""
    try:
        return reader.word(entries[0] + reader.layout("runtime.g").offset("sched.g")) == entries[0]
    except Unreadable:
        return False


def _distinct(entries: Sequence[int], others: Mapping[int, str], problems: Problems) -> list[int]:
    """Return the entries without nil, repetitions and `others`."""
    addresses = list(entries)
    rising = sorted(addresses)  # nearly in order already: quicker than a set
    misplaced = [address for address in others if _contains(rising, address)]
    if rising[0] and all(map(lt, rising, islice(rising, 1, None))) and not misplaced:
        return addresses
    for address in misplaced:
        problems.add("gs", f"allgs lists {address:#x}, which is {others[address]}: left out")
    kept = [address for address in dict.fromkeys(addresses) if address]
    if left_out := len(addresses) - len(kept):
        why = f"{left_out} of {len(addresses)} entries of allgs are nil or listed twice: left out"
        problems.add("gs", why)
    return [address for address in kept if address not in others]


def _contains(rising: Sequence[int], value: int) -> bool:
    index = bisect_left(rising, value)
    return index < len(rising) and rising[index] == value
