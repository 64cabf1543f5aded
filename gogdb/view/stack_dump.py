"""The words of a stack as a picture, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from gogdb.i18n import tr
from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.runtime.model import G
from gogdb.runtime.stack_dump import Word
from gogdb.runtime.unwind import Unwound
from gogdb.view.address_text import describe, short
from gogdb.view.doc import Role, StackColumn, StackPicture, StackWord

__all__ = ["describe_word", "marks", "picture"]

_ALIKE = 4  # so many words in a row that hold 0 become one line


def picture(
    g: G, found: Unwound, chain: FramePointerChain | None, words: Sequence[Word]
) -> StackPicture:
    """`words` are in rising addresses from the innermost frame's sp."""
    shown = list(_rows(found, chain, words, marks(g, chain, words)))
    last = words[-1].address + 8
    if last < g.stack.hi:
        left = (g.stack.hi - last) // 8
        told = tr(
            "{count} words more: --words {all} shows them all", count=left, all=len(words) + left
        )
        shown.insert(0, StackWord(last, None, gap=told))
    if words[0].address > g.stack.lo:
        free = tr("{count} bytes free below", count=words[0].address - g.stack.lo)
        shown.append(StackWord(g.stack.lo, None, gap=free))
    return StackPicture([StackColumn(tr("word by word"), g.stack.hi, g.stack.lo, shown)])


def marks(g: G, chain: FramePointerChain | None, words: Sequence[Word]) -> Mapping[int, list[str]]:
    """What points at which word: the registers, or where they are saved."""
    if chain is None or not words:
        return {}
    start = chain.start
    marked = {words[0].address: [start.sp_source]}
    if start.value in g.stack:
        marked.setdefault(start.value & ~7, []).append(start.source)
    return marked


def _rows(
    found: Unwound,
    chain: FramePointerChain | None,
    words: Sequence[Word],
    marks: Mapping[int, list[str]],
) -> Iterator[StackWord]:
    """High addresses first, and above each frame its name."""
    for number, group in groupby(reversed(words), key=lambda word: word.frame):
        yield StackWord(0, None, rule=_title(found, chain, number))
        for alike in _folded(group, marks):
            first = alike[0]
            if len(alike) < _ALIKE:
                yield from (_row(word, found, marks.get(word.address, ())) for word in alike)
                continue
            names = [word.name for word in (alike[-1], first) if word.name]
            told = tr("{count} words of 0", count=len(alike))
            if names:
                told = tr("{words}: {names}", words=told, names=" … ".join(names))
            yield StackWord(first.address, 0, gap=told)


def _folded(words: Iterable[Word], marks: Mapping[int, list[str]]) -> Iterator[list[Word]]:
    """Words of the same use that hold 0 and that nothing points at, together; others alone."""

    def key(word: Word) -> object:
        dull = word.value == 0 and word.kind in ("variable", "argument", "local", "above")
        named = word.name.partition("[")[0].partition(".")[0]
        return (word.kind, named) if dull and word.address not in marks else word.address

    for _, group in groupby(words, key=key):
        yield list(group)


def _title(found: Unwound, chain: FramePointerChain | None, number: int | None) -> str:
    if number is None:
        return tr("above the first frame")
    frame = found.frames[number]
    inner = number
    while inner and found.frames[inner - 1].inlined:
        inner -= 1
    place = f"{frame.file.rpartition('/')[2]}:{frame.line}"
    inlined = tr(", ").join(f"#{n} {found.frames[n].function}" for n in range(inner, number))
    within = tr(", with {functions} inlined", functions=inlined) if inlined else ""
    link = chain.link(number) if chain else None
    lost = tr(", left out by rbp") if link and not link.shown else ""
    size = tr("{count} bytes", count=frame.cfa - frame.sp)
    told = tr("{place}, {size}", place=place, size=size)
    return f"#{number} {frame.function}  {told}{lost}{within}"


def _row(word: Word, found: Unwound, marks: Sequence[str]) -> StackWord:
    role: Role = ""
    if word.kind in ("return", "goexit"):
        role = "strong"
    elif word.kind == "saved-fp":
        role = "good" if word.linked else "warn"
    elif word.kind in ("local", "above", "argument"):
        role = "dim"
    return StackWord(word.address, word.value, describe_word(word, found), marks, role=role)


def describe_word(word: Word, found: Unwound) -> str:
    """Return what a word of a stack is, and what its value points at; "" when neither is known."""
    if word.value is None:
        return tr("unreadable")
    told = _points(word)
    match word.kind:
        case "goexit":
            return tr("return to {place}, the end", place=_place(word))
        case "return":
            place = ""
            if word.call is not None:
                place = f"  {word.call[0].rpartition('/')[2]}:{word.call[1]}"
            return tr("return to {place}", place=_place(word)) + place
        case "saved-fp":
            return tr("saved rbp") + _saved(word)
        case "variable":
            named = word.name
            if word.argument_of:
                named = tr(
                    "{name} of {function}", name=named, function=_base(short(word.argument_of))
                )
            return named + _value(word, told)
        case "argument":
            return tr("args of {function}", function=_base(short(word.argument_of))) + _arrow(told)
    if word.meaning.kind == "function" and word.meaning.offset:
        return tr("left over: {what}", what=describe(word.meaning))  # nothing will return there
    return _arrow(told).lstrip()


def _place(word: Word) -> str:
    return f"{_base(word.meaning.name)}+{word.meaning.offset}"


def _base(function: str) -> str:
    """A function's name without the path of its package."""
    name, bracket, types = function.replace(".abi0", "").partition("[")
    return name.rpartition("/")[2] + bracket + types


def _saved(word: Word) -> str:
    if not word.value:
        return tr(": 0, the chain ends") if word.linked else ": 0"
    where = tr(", of no frame here")
    if word.leads_to is not None:
        where = tr(" → that of {frame}", frame=f"#{word.leads_to}")
    return where if word.linked else where + tr(", off the chain")


def _value(word: Word, told: str) -> str:
    if word.number is not None:
        return f" = {str(word.number).lower()}"
    if word.text is not None:
        return f' → "{word.text}"'
    return _arrow(told)


def _arrow(told: str) -> str:
    return f" → {told}" if told else ""


def _points(word: Word) -> str:
    """What the value points at, "" for a mere number."""
    what = word.meaning
    if what.kind in ("nil", "number"):
        return ""
    if what.kind == "stack" and word.leads_to is not None:
        name, frame = word.leads_to_name, f"#{word.leads_to}"
        if not name:
            return tr("frame {frame}", frame=frame)
        return tr("{name} of {function}", name=name, function=frame)
    return describe(what)
