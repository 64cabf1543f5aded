"""The page beside the source in GDB's TUI: the stage of a walk, M ─ P ─ G, the stacks in use.

The window may have no more than a dozen lines of 38 cells, so what matters most comes first and in
few words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gogdb.boot.record import Claim
from gogdb.i18n import tr
from gogdb.runtime.model import G, M
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.view import g_header, stacks
from gogdb.view.address_text import g_label
from gogdb.view.binding import binding
from gogdb.view.doc.document import Art, Heading, Note, Part, Role, Span, Text
from gogdb.view.format import code_place, source_place

__all__ = ["at", "elsewhere", "no_process", "scheduler", "stack", "stage"]

_DIRECTORIES = re.compile(r"^[^\[(]*/")  # of a package's path, not of type arguments


def no_process() -> list[Part]:
    """Return what to do while there is no process."""
    text = tr(
        "the program is not running: `go-boot step` begins its boot, `start` runs it to main.main"
    )
    return [Note(text)]


def stage(heading: Heading, claims: Sequence[Claim], elsewhere: str) -> list[Part]:
    """Return the head of a stage's or a step's card: which it is, and whether its claims hold.

    `elsewhere` says where the selected thread is, "" where the stage has ended.
    """
    mark = (" ✓" if all(claim.holds for claim in claims) else " ✗") if claims else ""
    left = [Text(elsewhere, "dim")] if elsewhere else []
    return [replace(heading, text=heading.text + mark), *left]


def elsewhere(place: tuple[str, int] | None, following: str = "") -> str:
    """Return where the selected thread is: `place` is a function and an offset, None if unknown.

    With `following` GDB has gone back in its recording, and that stage lies ahead again.
    """
    if place is None:
        return tr("it is not known where the selected thread is")
    if not place[0]:
        return tr("the selected thread is in no function of the program")
    here = code_place(*place)
    if following:
        return tr("gone back to {place}, {stage} lies ahead again", place=here, stage=following)
    return tr("the selected thread is at {place} now", place=here)


def scheduler(runtime: Runtime, m0: M, activities: Mapping[int, str]) -> list[Part]:
    """Return M ─ P ─ G as go-gmp has it; `m0`, once it has its g0, also while allm is empty."""
    heading = Heading("M ─ P ─ G")
    if not runtime.ms and not m0.g0 and not m0.unreadable:
        return [heading, Text(tr("no M yet: allm is empty"))]
    return [heading, binding(runtime, m0, activities, threads=runtime.threads)]


def stack(runtime: Runtime, g: G, unwound: Unwound) -> list[Part]:
    """Return a stack: whose it is, a line for each frame, and how much of it is in use."""
    title = tr("{name}'s stack", name=g_label(g.label))
    parts: list[Part] = [Heading(title, aside=g_header.header(runtime, g))]
    if unwound.frames:
        parts.append(Art([_frame(number, frame) for number, frame in enumerate(unwound.frames)]))
    if g.stack.lo_known and (used := stacks.used(g, unwound)) is not None:
        size = g.stack.size
        text = tr(
            "{used} of {size} bytes used, {free} free", used=used, size=size, free=size - used
        )
        parts.append(Text(text, "dim"))
    if unwound.ended:
        parts.append(Note(unwound.ended, "hint" if g.is_dead else "warn"))
    return parts


def _frame(number: int, frame: Frame) -> Sequence[Span]:
    role: Role = "dim" if frame.elided else "function"
    return [
        Span(str(number), "dim", 3),
        Span(_DIRECTORIES.sub("", frame.function), role),
        Span(f"  {source_place(frame.file, frame.line)}", "dim"),
    ]


def at(place: tuple[str, int, str, int]) -> list[Part]:
    """Return where a thread is that is on no stack of a g; `place` as `Program.locate` has it."""
    function, offset, file, line = place
    spans = [Span(code_place(function, offset) or tr("no function of the program"), "function")]
    if file:
        spans.append(Span(f"  {source_place(file, line)}", "dim"))
    return [Heading(tr("on no goroutine's stack")), Art([spans])]
