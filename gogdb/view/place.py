"""The place of a goroutine as text: where it is in the user's code, and what it has called."""

from __future__ import annotations

from gogdb.runtime.place import Place, place_of
from gogdb.runtime.trace_cache import Shape
from gogdb.view.format import source_place

__all__ = ["place_text", "text_of"]


def place_text(shape: Shape) -> str:
    """Return the text of the place of goroutines with these frames, "" without frames."""
    place = place_of(shape)
    return text_of(place) if place else ""


def text_of(place: Place) -> str:
    """Return a place as "main.work main.go:36 → sync.(*Mutex).Lock"."""
    called = f" → {place.called}" if place.called else ""
    return f"{place.function} {source_place(place.file, place.line)}{called}"
