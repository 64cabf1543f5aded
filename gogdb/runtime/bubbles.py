"""The synctest bubbles of goroutines (runtime/synctest.go), each read when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gogdb.errors import GogdbError
from gogdb.runtime.model import Bubble
from gogdb.runtime.reader import RuntimeReader

__all__ = ["Bubbles"]


class Bubbles(Mapping[int, Bubble]):
    """The bubbles at one stop, by address (g.bubble). One that cannot be read says why."""

    def __init__(self, reader: RuntimeReader) -> None:
        self._reader = reader
        self._bubbles: dict[int, Bubble] = {}

    def __getitem__(self, address: int) -> Bubble:
        bubble = self._bubbles.get(address)
        if bubble is None:
            bubble = self._bubbles[address] = self._read(address)
        return bubble

    def __iter__(self) -> Iterator[int]:
        return iter(self._bubbles)

    def __len__(self) -> int:
        return len(self._bubbles)

    def _read(self, address: int) -> Bubble:
        reader = self._reader
        # go1.24 names a group after the goroutine that made it (goroutineheader in traceback.go)
        is_group = reader.layout("runtime.g").find("bubble") is None
        kind = "group" if is_group else "bubble"
        try:
            if not is_group:
                id = reader.word(address + self._offset("synctestBubble", "id"))
            else:
                root = reader.word(address + self._offset("synctestGroup", "root"))
                id = reader.word(root + self._offset("g", "goid"))
            return Bubble(kind, id, reader.idle_reasons)
        except GogdbError as error:
            return Bubble(kind, 0, unreadable=error.message)

    def _offset(self, struct: str, field: str) -> int:
        return self._reader.layout(f"runtime.{struct}").offset(field)
