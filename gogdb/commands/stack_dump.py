"""`--memory`: the words of a goroutine's stack."""

from __future__ import annotations

from gogdb.gdbhost.variables import DebugInfoVariables
from gogdb.runtime import goroutines
from gogdb.runtime.address_info import AddressClassifier
from gogdb.runtime.fp_chain import FramePointerChain, fp_chain
from gogdb.runtime.heap import Heap
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.stack_dump import Word, words
from gogdb.runtime.unwind import Unwound
from gogdb.view import stack_dump
from gogdb.view.doc import Part
from gogdb.view.json import stack_dump as stack_dump_json

__all__ = ["Dump"]


class Dump:
    """The words of stacks at one stop, at most `limit` of each."""

    def __init__(self, program: Program, runtime: Runtime, limit: int) -> None:
        self._program = program
        self._runtime = runtime
        self._limit = limit
        self._variables = DebugInfoVariables()
        self._sense = AddressClassifier(program, runtime, heap=Heap(program.reader))

    def parts(self, g: G) -> list[Part]:
        """The picture; nothing for a g that has no frames."""
        found, chain, told = self._words(g)
        return [stack_dump.picture(g, found, chain, told)] if told else []

    def as_json(self, g: G) -> dict[str, object]:
        return {"memory": list(stack_dump_json.words(g, *self._words(g)))}

    def _words(self, g: G) -> tuple[Unwound, FramePointerChain | None, list[Word]]:
        # each frame is one word at least
        found = goroutines.unwind(self._program, self._runtime, g, max(self._limit, 1))
        chain = fp_chain(self._program, g, found)
        sense, variables, limit = self._sense, self._variables, self._limit
        return found, chain, words(self._program, g.stack, found, chain, sense, variables, limit)
