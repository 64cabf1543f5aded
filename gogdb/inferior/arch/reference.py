"""A reference from code to data."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Reference", "ReferenceKind"]

ReferenceKind = Literal["address", "load", "store"]


class Reference(NamedTuple):
    """An instruction at `site` that takes the address of `target`, or accesses `size` bytes there.

    `immediate` is the constant that it stores or compares with, None if there is none.
    """

    kind: ReferenceKind
    size: int
    target: int
    site: int
    immediate: int | None = None
