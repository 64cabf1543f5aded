"""The profiler labels of goroutines, as runtime/pprof.Do and SetGoroutineLabels set them.

g.labels points at a labelMap, which is never changed once it is made: since go1.24 a slice of keys
and values, before that a map[string]string (labelMap in runtime/pprof/label.go).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.memory import Memory, gather
from gogdb.runtime.model import LabelSet
from gogdb.runtime.values.maps import BucketMap, GroupLayout

__all__ = ["LabelSets"]

_MAX_LABELS = 1024  # of one goroutine
_MAX_STRING = 1 << 16  # bytes
_ADDRESSES = range(1, 1 << 63)  # a string or array elsewhere cannot be read

_SLICE = struct.Struct("<QQ")  # array, length
_PAIR = struct.Struct("<QQQQ")  # a string is its address and its length, in bytes

# runtime/map.go up to go1.23: hmap, and a bucket of a map[string]string
_HMAP = struct.Struct("<QBB6xQQ")  # count, flags, B, buckets, oldbuckets
_STRING = 16  # bytes
_TOPHASH, _OVERFLOW = 0, 264  # offsets in bytes
_BUCKET = GroupLayout(272, 8, _STRING, 136, _STRING)
_MAX_B = 10  # 1 << B buckets have room for more than _MAX_LABELS

_Place = tuple[int, int]  # address and size in bytes
_Pair = tuple[_Place, _Place]  # where the key and the value are


class LabelSets(Mapping[int, LabelSet]):
    """The label sets at one stop, by address (g.labels); goroutines may share one.

    One that cannot be read says why. Without a memory the mapping is empty.
    """

    def __init__(self, memory: Memory | None = None, *, as_slices: bool = True) -> None:
        self._memory = memory
        self._pairs = self._slices if as_slices else self._maps
        self._sets: dict[int, LabelSet] = {}

    def __getitem__(self, address: int) -> LabelSet:
        self.read([address])
        return self._sets[address]

    def __iter__(self) -> Iterator[int]:
        return iter(self._sets)

    def __len__(self) -> int:
        return len(self._sets)

    def read(self, addresses: Iterable[int]) -> None:
        """Read the sets at these addresses together; 0 is left out."""
        if self._memory is None:
            return
        new = [at for at in dict.fromkeys(addresses) if at and at not in self._sets]
        if not new:
            return
        pairs = self._pairs(self._memory, new)
        found_pairs = (pair for found in pairs if not isinstance(found, str) for pair in found)
        strings = dict.fromkeys(chain.from_iterable(found_pairs))
        texts = dict(zip(strings, _read(self._memory, list(strings)), strict=True))
        self._sets |= zip(new, (_label_set(found, texts) for found in pairs), strict=True)

    def _slices(self, memory: Memory, addresses: Sequence[int]) -> list[Sequence[_Pair] | str]:
        """Return where the labels of each set are, or why that is not known."""
        headers = _read(memory, [(at, _SLICE.size) for at in addresses])
        arrays = [_array(header) for header in headers]
        places = [place for place in arrays if not isinstance(place, str)]
        contents = iter(_read(memory, places))
        return [place if isinstance(place, str) else _each(next(contents)) for place in arrays]

    def _maps(self, memory: Memory, addresses: Sequence[int]) -> list[Sequence[_Pair] | str]:
        """Return where the labels of each set are, or why that is not known."""
        found: list[Sequence[_Pair] | str] = []
        for at in addresses:
            try:
                hmap = int.from_bytes(memory.read(at, 8), "little")
                found.append(_map(memory, hmap) if hmap else [])
            except GogdbError as error:
                found.append(str(error))
        return found


def _array(header: bytes | str) -> _Place | str:
    """Return where the array of a slice of labels is."""
    if isinstance(header, str):
        return header
    array, count = _SLICE.unpack(header)
    if count > _MAX_LABELS:
        return f"it has {count} labels, which is implausible"
    return array, count * _PAIR.size


def _each(array: bytes | str) -> Sequence[_Pair] | str:
    if isinstance(array, str):
        return array
    return [((key, m), (value, n)) for key, m, value, n in _PAIR.iter_unpack(array)]


def _map(memory: Memory, hmap: int) -> Sequence[_Pair]:
    """Return where the labels of a map are. Raises `GogdbError`."""
    count, flags, b, new, old = _HMAP.unpack(memory.read(hmap, _HMAP.size))
    if count > _MAX_LABELS or b > _MAX_B:
        raise GogdbError(f"it has {count} labels in 1 << {b} buckets, which is implausible")
    if not count:
        return []
    entries = BucketMap(flags, b, new, old, _TOPHASH, _OVERFLOW, _BUCKET).entries(memory)
    pairs = list(islice(entries, _MAX_LABELS))
    headers = _read(memory, [(at, _STRING) for pair in pairs for at in pair])
    places = [_place(header) for header in headers]
    return list(zip(places[::2], places[1::2], strict=True))


def _place(header: bytes | str) -> _Place:
    """Return where the bytes of a string are. Raises `GogdbError`."""
    if isinstance(header, str):
        raise GogdbError(header)
    address, length = _SLICE.unpack(header)
    return address, length


def _label_set(pairs: Sequence[_Pair] | str, texts: Mapping[_Place, bytes | str]) -> LabelSet:
    if isinstance(pairs, str):
        return LabelSet(unreadable=pairs)
    labels: list[tuple[str, str]] = []
    for pair in pairs:
        key, value = (texts[place] for place in pair)
        if isinstance(key, str) or isinstance(value, str):
            return LabelSet(unreadable=key if isinstance(key, str) else str(value))
        labels.append((_decode(key), _decode(value)))
    return LabelSet(tuple(sorted(labels)))


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _read(memory: Memory, places: Sequence[_Place]) -> list[bytes | str]:
    """Return the bytes at each place, or why they cannot be read."""
    wanted = [place for place in places if place[0] in _ADDRESSES and 0 < place[1] <= _MAX_STRING]
    data, missing = gather(memory, [start for start, _ in wanted], list(map(sum, wanted)))
    unreadable = {wanted[number] for number in missing}
    offsets = accumulate((size for _, size in wanted), initial=0)
    contents = {
        place: data[offset : offset + place[1]]
        for place, offset in zip(wanted, offsets, strict=False)
        if place not in unreadable
    }
    return [contents[place] if place in contents else _without_contents(place) for place in places]


def _without_contents(place: _Place) -> bytes | str:
    return str(Unreadable(*place)) if place[1] else b""
