"""go-stacks --memory: the words of a stack as a picture, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from gogdb.i18n import tr
from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.runtime.model import G
from gogdb.runtime.stack_dump import Word
from gogdb.runtime.unwind import Unwound
from gogdb.view.address_text import describe, short
from gogdb.view.doc.document import Mark, Role, StackColumn, StackPicture, StackWord
from gogdb.view.format import source_place
from gogdb.view.stack_rows import lo_unknown

__all__ = ["describe_word", "marks", "picture"]

_LEAST_FOLDED = 4  # equal words in a row that become one line


def picture(
    g: G, unwound: Unwound, chain: FramePointerChain | None, words: Sequence[Word]
) -> StackPicture:
    """Draw `words`, which are in rising addresses from the innermost frame's sp."""
    stack = g.stack
    rows = list(_rows(unwound, chain, words, marks(g, chain, words)))
    end = words[-1].address + 8
    if end < stack.hi:
        left_out = (stack.hi - end) // 8
        total = len(words) + left_out
        text = tr(
            "{count} {count:word|words} more: --words {all} shows the whole stack",
            count=left_out,
            all=total,
        )
        rows.insert(0, StackWord(end, None, gap=text))
    if not stack.lo_known:
        rows.append(StackWord(stack.lo, None, gap=lo_unknown(stack)))
    elif words[0].address > stack.lo:
        text = tr("{count} bytes free below", count=words[0].address - stack.lo)
        rows.append(StackWord(stack.lo, None, gap=text))
    return StackPicture([StackColumn(tr("word by word"), stack.hi, stack.lo, rows)])


def marks(g: G, chain: FramePointerChain | None, words: Sequence[Word]) -> Mapping[int, list[str]]:
    """Return the names of the registers, or of the fields that hold them, by where they point."""
    if chain is None or not words:
        return {}
    start = chain.start
    marked = {words[0].address: [start.sp_source]}
    if start.value in g.stack:
        marked.setdefault(start.value & ~7, []).append(start.source)
    return marked


def _rows(
    unwound: Unwound,
    chain: FramePointerChain | None,
    words: Sequence[Word],
    marked: Mapping[int, list[str]],
) -> Iterator[StackWord]:
    """Yield the words from high addresses down, under a rule for each frame."""
    for number, group in groupby(reversed(words), key=lambda word: word.frame):
        yield StackWord(0, None, rule=_title(unwound, chain, number))
        for equal in _equal_words(group, marked):
            first, last = equal[0], equal[-1]
            if len(equal) < _LEAST_FOLDED:
                yield from (_row(word, unwound, marked.get(word.address, ())) for word in equal)
                continue
            text = tr("{count} words of 0", count=len(equal))
            if names := [word.name for word in (last, first) if word.name]:
                text = tr("{words}: {names}", words=text, names=" … ".join(names))
            yield StackWord(first.address, 0, gap=text)


def _equal_words(words: Iterable[Word], marked: Mapping[int, list[str]]) -> Iterator[list[Word]]:
    """Yield runs of words that are 0 and belong to one variable or area, and other words alone."""

    def key(word: Word) -> object:
        is_zero = word.value == 0 and word.kind in ("variable", "argument", "local", "above")
        if not is_zero or word.address in marked:
            return word.address
        return word.kind, word.name.partition("[")[0].partition(".")[0]

    for _, run in groupby(words, key=key):
        yield list(run)


def _title(unwound: Unwound, chain: FramePointerChain | None, number: int | None) -> str:
    """Return the title of a frame: function, line, size, and the functions inlined into it."""
    if number is None:
        return tr("above the first frame")
    frame = unwound.frames[number]
    innermost = number
    while innermost and unwound.frames[innermost - 1].inlined:
        innermost -= 1
    functions = [f"#{n} {unwound.frames[n].function}" for n in range(innermost, number)]
    inlined = tr(", with {functions} inlined", functions=tr(", ").join(functions))
    link = chain.link(number) if chain else None
    missed = tr(", left out by rbp") if link and not link.reported else ""
    place = tr(
        "{place}, {size}",
        place=source_place(frame.file, frame.line),
        size=tr("{count} bytes", count=frame.cfa - frame.sp),
    )
    return f"#{number} {frame.function}  {place}{missed}{inlined if functions else ''}"


def _row(word: Word, unwound: Unwound, names: Sequence[str]) -> StackWord:
    role: Role = ""
    if word.kind in ("return", "goexit"):
        role = "strong"
    elif word.kind == "saved-fp":
        role = "good" if word.linked else "warn"
    elif word.kind in ("local", "above", "argument"):
        role = "dim"
    marks = [Mark(name) for name in names]
    return StackWord(word.address, word.value, describe_word(word, unwound), marks, role=role)


def describe_word(word: Word, unwound: Unwound) -> str:
    """Return what a word of a stack is, and what its value points at; "" for neither."""
    if word.value is None:
        return tr("unreadable")
    match word.kind:
        case "goexit":
            return tr("return to {place}, the end", place=_code_place(word))
        case "return":
            call = f"  {source_place(*word.call)}" if word.call else ""
            return tr("return to {place}", place=_code_place(word)) + call
        case "saved-fp":
            return tr("saved rbp") + _link(word)
        case "variable":
            name = word.name
            if word.argument_of:
                name = tr(
                    "{name} of {function}", name=name, function=_base(short(word.argument_of))
                )
            return name + _value(word)
        case "argument":
            return tr("args of {function}", function=_base(short(word.argument_of))) + _arrow(word)
    if word.meaning.kind == "function" and word.meaning.offset:
        return tr("left over: {what}", what=describe(word.meaning))  # nothing will return there
    return _arrow(word).lstrip()


def _code_place(word: Word) -> str:
    return f"{_base(word.meaning.name)}+{word.meaning.offset}"


def _base(function: str) -> str:
    """Return a function's name without the path of its package."""
    name, bracket, types = function.replace(".abi0", "").partition("[")
    return name.rpartition("/")[2] + bracket + types


def _link(word: Word) -> str:
    """Return where a saved rbp leads in the chain."""
    if not word.value:
        return tr(": 0, the chain ends") if word.linked else ": 0"
    target = tr(", of no frame here")
    if word.leads_to is not None:
        target = tr(" → {frame}'s saved rbp", frame=f"#{word.leads_to}")
    return target if word.linked else target + tr(", off the chain")


def _value(word: Word) -> str:
    """Return the value of a variable as its type has it."""
    if word.number is not None:
        return f" = {str(word.number).lower()}"
    if word.text is not None:
        return f' → "{word.text}"'
    return _arrow(word)


def _arrow(word: Word) -> str:
    target = _pointee(word)
    return f" → {target}" if target else ""


def _pointee(word: Word) -> str:
    """Return what the value points at, "" for a mere number."""
    info = word.meaning
    if info.kind in ("nil", "number"):
        return ""
    if info.kind == "stack" and word.leads_to is not None:
        frame = f"#{word.leads_to}"
        if not word.leads_to_name:
            return tr("frame {frame}", frame=frame)
        return tr("{name} of {function}", name=word.leads_to_name, function=frame)
    return describe(info)
