"""The page that parts are drawn on: its width, colours and drawing characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gogdb.render.cells import cut_inks
from gogdb.render.theme import Ink, paint

__all__ = ["ASCII", "INDENT", "MARGIN", "UNICODE", "Glyphs", "Page"]

INDENT = 2  # cells left of everything but prose
MARGIN: Ink = (" " * INDENT, "")


@dataclass(frozen=True)
class Glyphs:
    """The renderer's own drawing characters."""

    rule: str
    line: str
    side: str
    top_left: str
    top_right: str
    bottom_left: str
    bottom_right: str
    elbow: str
    tee_left: str
    tee_right: str
    gap: str
    ellipsis: str
    tail: str  # before the last digits of a shortened address
    mark: str
    holds: str
    fails: str
    hint: str
    warn: str
    bar_guard: str
    bar_free: str
    bar_used: str


UNICODE = Glyphs(
    rule="━",
    line="─",
    side="│",
    top_left="┌",
    top_right="┐",
    bottom_left="└",
    bottom_right="┘",
    elbow="└",
    tee_left="├",
    tee_right="┤",
    gap="⋮",
    ellipsis="…",
    tail="…",
    mark="◄",
    holds="✓",
    fails="✗",
    hint="→",
    warn="!",
    bar_guard="▒",
    bar_free="░",
    bar_used="█",
)

ASCII = Glyphs(
    rule="=",
    line="-",
    side="|",
    top_left="+",
    top_right="+",
    bottom_left="+",
    bottom_right="+",
    elbow="`-",
    tee_left="+",
    tee_right="+",
    gap=":",
    ellipsis="...",
    tail="..",
    mark="<-",
    holds="[ok]",
    fails="[FAIL]",
    hint="->",
    warn="!",
    bar_guard=".",
    bar_free=".",
    bar_used="#",
)


@dataclass(frozen=True)
class Page:
    """Makes finished lines of styled text."""

    width: int
    color: bool
    glyphs: Glyphs

    @property
    def measure(self) -> int:
        """The width of prose in cells, limited because long lines are hard to read."""
        return min(self.width, 100)

    def titled(self, title: str) -> Iterator[str]:
        """Yield the line above a part, if it has a title."""
        if title:
            yield self.line(MARGIN, (title, "title"))

    def line(self, *inks: Ink) -> str:
        """Return a line cut to the page's width, without trailing blanks."""
        kept = list(inks)
        while kept:
            text, style = kept.pop()
            if stripped := text.rstrip(" "):
                kept.append((stripped, style))
                break
        visible = cut_inks(kept, self.width, self.glyphs.ellipsis)
        return paint(visible) if self.color else "".join(text for text, _ in visible)
