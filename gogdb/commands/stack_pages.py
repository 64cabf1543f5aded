"""The pages of go-stacks as text: parts that look alike are laid out once, and then filled in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gogdb.memo import Bounded
from gogdb.runtime.chain_keys import ChainKeys
from gogdb.runtime.clock import Clock
from gogdb.runtime.fp_chain import fp_chain
from gogdb.runtime.interruptions import Interruptions
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Trace, TraceBatch
from gogdb.view import stack_forms
from gogdb.view.doc.document import Doc, Part
from gogdb.view.doc.forms import split_at_marks

if TYPE_CHECKING:
    from gogdb.commands.output import Layout

__all__ = ["StackPages", "text_of"]

_MAX_FORMS = 1024  # heads kept, and bodies; each has some KB


class _Head(NamedTuple):
    """The text of a head, in pieces with the name between them, and its last part.

    There are no pieces if the name is cut: then each page is laid out by itself.
    """

    pieces: Sequence[str]
    last: Part


class _Body(NamedTuple):
    """The text of a body: `template % addresses`, which are `offsets` away from hi.

    The template is "" if an address is cut.
    """

    template: str
    offsets: Sequence[int]


class StackPages:
    """Lays out the pages of goroutines at one stop; `page` returns the parts of one."""

    def __init__(
        self,
        program: Program,
        runtime: Runtime,
        clock: Clock,
        interruptions: Interruptions,
        layout: Layout,
        page: Callable[[Trace], Sequence[Part]],
    ) -> None:
        self._program = program
        self._runtime = runtime
        self._clock = clock
        self._interruptions = interruptions
        self._layout = layout
        self._page = page
        self._chains = ChainKeys(program)
        self._heads: Bounded[Hashable, _Head] = Bounded(_MAX_FORMS)
        self._bodies: Bounded[Hashable, _Body] = Bounded(_MAX_FORMS)

    def texts(self, traces: TraceBatch) -> Iterator[str]:
        """Yield the text of each page."""
        self._runtime.labels.read(traces.gs.column("labels"))
        names = stack_forms.names(traces)
        rows = zip(
            names,
            traces.gs.column("stack_hi"),
            stack_forms.head_keys(traces, names, self._clock),
            stack_forms.body_keys(traces, self._chains.keys(traces)),
            self._interruptions.of_each(traces),
            strict=True,
        )
        for number, (name, hi, head_key, body_key, interruptions) in enumerate(rows):
            if name and body_key and not interruptions:
                head = self._heads.get(head_key) or self._head(head_key, traces[number])
                body_key = body_key, type(head.last)
                body = self._bodies.get(body_key) or self._body(body_key, traces[number], head)
                if head.pieces and body.template:
                    addresses = tuple(map(hi.__add__, body.offsets))
                    yield name.join(head.pieces) + body.template % addresses
                    continue
            yield text_of(self._layout, self._page(traces[number]))

    def _head(self, key: Hashable, trace: Trace) -> _Head:
        parts = stack_forms.head(self._runtime, trace, self._clock)
        pieces = split_at_marks(text_of(self._layout, parts, marked=True)) or ()
        head = self._heads[key] = _Head(pieces[::2] if len(pieces) == 3 else (), parts[-1])
        return head

    def _body(self, key: Hashable, trace: Trace, head: _Head) -> _Body:
        chain = fp_chain(self._program, trace.g, trace.unwound)
        parts = stack_forms.body(trace, chain)
        text = text_of(self._layout, parts, marked=True, previous=head.last)
        pieces = split_at_marks(text) or ()
        template = "%#x".join(piece.replace("%", "%%") for piece in pieces[::2])
        offsets = [int(address, 16) - trace.g.stack_hi for address in pieces[1::2]]
        result = self._bodies[key] = _Body(template, offsets)
        return result


def text_of(layout: Layout, parts: Sequence[Part], **how: object) -> str:
    """Return the text of a page; `how` is as in `render.ansi.render`."""
    return "".join(line + "\n" for line in layout(Doc(parts), **how))
