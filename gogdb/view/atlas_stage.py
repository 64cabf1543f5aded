"""How a stage differs from itself in an older Go release, in sentences and in its source."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.view.compare_kinds import is_threaded
from gogdb.view.compare_text import (
    OF_THE_RUN,
    change_text,
    union,
    without_addresses,
    without_run_values,
)
from gogdb.view.doc.atlas import Line
from gogdb.view.doc.document import Cell, Code
from gogdb.view.doc.pages import StagePage
from gogdb.view.saved_walk import SavedStage

__all__ = [
    "Difference",
    "Moment",
    "code_lines",
    "differences",
    "register_rows",
    "source_changes",
    "source_lines",
]

_SOURCE = ("go", "go-asm")
_POINTERS = (AMD64.sp, AMD64.fp, AMD64.g, "TLS")  # registers whose meaning is compared
_NUMBER = re.compile(r"\b(0x[0-9a-f]+|\d+)\b")
_OFFSET = re.compile(r"-?0x[0-9a-f]+(?=\()|\+\d+(?=>)")  # in an instruction
_CODE_ADDRESS = re.compile(rf"0x[0-9a-f]+(?=\(%{AMD64.pc}\))|0x[0-9a-f]+ (?=<)|# 0x[0-9a-f]+ ")
_SIMILAR = 0.6  # of two lines at the end of a listing that are taken for one that was changed


class Moment(NamedTuple):
    """A stage in one release. `english` and `shown` are its card in English and as it is shown."""

    stage: SavedStage
    english: StagePage
    shown: StagePage


class Difference(NamedTuple):
    """A sentence on what differs; `is_offset`: a size or an offset, not what the stage does."""

    text: str
    is_offset: bool = False


def differences(old: Moment, new: Moment) -> Iterator[Difference]:
    """Yield how the stage differs, not what differs in every run."""
    if old.stage.skipped or new.stage.skipped:
        yield from map(Difference, _seen(old.stage, new.stage))
        return
    yield from map(Difference, _place(old.stage, new.stage))
    yield from _instruction(old.english, new.english)
    yield from map(Difference, _registers(old, new))
    if not is_threaded(new.stage.id):  # there, it is a matter of chance
        yield from map(Difference, _changes(old.stage, new.stage))
    yield from _claims(old, new)


def _seen(old: SavedStage, new: SavedStage) -> Iterator[str]:
    if not new.skipped:
        yield tr("This stage was not seen in the previous release.")
    elif not old.skipped:
        yield tr("This stage was not seen.")


def _place(old: SavedStage, new: SavedStage) -> Iterator[str]:
    files = [stage.file.rpartition("/")[2] for stage in (old, new)]
    calls = [" ← ".join(stage.frames) for stage in (old, new)]
    if old.function != new.function:
        yield tr("It stops in {new}; before, in {old}.", new=new.function, old=old.function)
    if files[0] != files[1]:
        yield tr("The source is in {new}; before, it was in {old}.", new=files[1], old=files[0])
    if calls[0] != calls[1]:
        yield tr("The frames are {new}; before, {old}.", new=calls[1], old=calls[0])


def _instruction(old: StagePage, new: StagePage) -> Iterator[Difference]:
    """Compare the instruction at the stop in assembly, where it is written by hand."""
    before, now = _current_instruction(old), _current_instruction(new)
    if before and now and before != now:
        text = tr("The instruction is {new}; before, {old}.", new=now, old=before)
        yield Difference(text, _OFFSET.sub("", before) == _OFFSET.sub("", now))


def _current_instruction(page: StagePage) -> str:
    codes = [part for part in page.code if isinstance(part, Code)]
    if not any(code.language == "go-asm" for code in codes):
        return ""
    lines = (line for code in codes if code.language not in _SOURCE for line in code.lines)
    text = next((line.text for line in lines if line.current), "")
    return " ".join(_CODE_ADDRESS.sub("", text).split())


def _registers(old: Moment, new: Moment) -> Iterator[str]:
    """Compare what the registers point at, not how far from the end of a stack."""
    old_english, new_english = _meanings(old.english), _meanings(new.english)
    old_shown, new_shown = _meanings(old.shown), _meanings(new.shown)
    for name in _POINTERS:
        if _NUMBER.sub("", old_english.get(name, "")) != _NUMBER.sub("", new_english.get(name, "")):
            before, now = old_shown.get(name) or "–", new_shown.get(name) or "–"
            yield tr("{register}: {new}; before, {old}.", register=name, new=now, old=before)


def _meanings(page: StagePage) -> dict[str, str]:
    """Return what each register in the table is, by its name."""
    return {name: without_addresses(row[-1].text) for name, row in register_rows(page).items()}


def register_rows(page: StagePage) -> dict[str, Sequence[Cell]]:
    """Return the rows of the table of registers by the name of the register, without its mark."""
    rows = page.registers.rows if page.registers else ()
    return {row[0].text.partition(" ")[0]: row for row in rows}


def _changes(old: SavedStage, new: SavedStage) -> Iterator[str]:
    for what in union(old.changes, new.changes):
        before, now = change_text(old, what), change_text(new, what)
        if what in OF_THE_RUN or before == now:
            continue
        if not before:
            yield tr("{what} changes here ({new}), which it did not before.", what=what, new=now)
        elif not now:
            yield tr("{what} no longer changes here (before, {old}).", what=what, old=before)
        else:
            yield tr("{what} changes {new}; before, {old}.", what=what, new=now, old=before)


def _claims(old: Moment, new: Moment) -> Iterator[Difference]:
    english = [_claim_texts(each, each.english) for each in (old, new)]
    shown = [_claim_texts(each, each.shown) for each in (old, new)]
    for claim in union(*english):
        before, now = (texts.get(claim, "") for texts in english)
        if before == now or (is_threaded(new.stage.id) and _numberless(before, now)):
            continue
        is_offset = _NUMBER.sub("", before) == _NUMBER.sub("", now)
        before, now = (texts.get(claim, "") for texts in shown)
        if not before:
            yield Difference(tr("Checked as well: {new}.", new=now))
        elif not now:
            yield Difference(tr("No longer checked: {old}.", old=before))
        else:
            text = tr("The check is: {new}; before: {old}.", new=now, old=before)
            yield Difference(text, is_offset)


def _claim_texts(moment: Moment, page: StagePage) -> dict[str, str]:
    """Return the text of each claim by its id, with a mark if it does not hold."""
    items = page.claims.items if page.claims else ()
    return {
        claim: ("" if holds else "✗ ") + without_run_values(text, moment.stage)
        for claim, (text, holds) in zip(moment.stage.claims, items, strict=False)
    }


def _numberless(a: str, b: str) -> bool:
    """Report whether two texts differ in numbers only."""
    return re.sub(r"\d+", "", a) == re.sub(r"\d+", "", b)


def source_lines(page: StagePage) -> list[str]:
    """Return the lines of source on a card, with blanks for tabs."""
    codes = [part for part in page.code if isinstance(part, Code) and part.language in _SOURCE]
    return [line.text.expandtabs(4) for code in codes for line in code.lines]


def code_lines(page: StagePage) -> Iterator[str]:
    """Yield the lines of source on a card that have code, without comments."""
    return filter(None, map(_code, source_lines(page)))


def source_changes(
    pages: tuple[StagePage, StagePage], known: tuple[Collection[str], Collection[str]]
) -> list[Line]:
    """Return the listing of an older and a newer release with its differences, none if equal.

    Comments and blanks do not count, nor what differs only because the listing begins or ends at
    another line. `known` is the code that all listings of each release have.
    """
    before, now = ([line for line in source_lines(page) if _code(line)] for page in pages)
    matcher = SequenceMatcher(None, [*map(_code, before)], [*map(_code, now)], autojunk=False)
    lines: list[Line] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        gone, added = before[a:b], now[c:d]
        is_at_an_end = 0 in (a, c) or b == len(before) or d == len(now)
        if tag == "equal":
            lines += [Line(" ", text) for text in added]
        elif not is_at_an_end or _is_rewritten(gone, added, known):
            lines += [Line("-", text) for text in gone]
            lines += [Line("+", text) for text in added]
    if all(line.sign == " " for line in lines):
        return []
    margin = min(_indentation(line.text) for line in lines)
    return [Line(line.sign, line.text[margin:]) for line in lines]


def _indentation(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _code(line: str) -> str:
    """Return a line of source without its comment and with single blanks."""
    return " ".join(re.sub(r"//.*|^ ?/?\*.*", "", line).split())


def _is_rewritten(
    gone: Sequence[str], added: Sequence[str], known: tuple[Collection[str], Collection[str]]
) -> bool:
    """Report whether lines at an end of the listings were rewritten one by one.

    Otherwise one release may just show there what is beyond the listing of the other. A line that
    the other release has at another stage is the same line.
    """
    pairs = [(_code(a), _code(b)) for a, b in zip(gone, added, strict=False)]
    return len(gone) == len(added) and all(
        a not in known[1] and b not in known[0] and SequenceMatcher(None, a, b).ratio() > _SIMILAR
        for a, b in pairs
    )
