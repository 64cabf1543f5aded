"""Read the scheduler at one stop, in bulk, into a `Runtime`.

Names and walks follow runtime/proc.go. Every walk of a list is bounded and detects cycles. What
cannot be read is a row or a note that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.layout import Struct, View
from gogdb.runtime import schedt
from gogdb.runtime.allgs import AllGs
from gogdb.runtime.bubbles import Bubbles
from gogdb.runtime.goversion import GoVersion, idle_ms_are_manual_list, labels_are_slice
from gogdb.runtime.labels import LabelSets
from gogdb.runtime.model import SCHED_COUNTERS, G, M, P, Sched
from gogdb.runtime.reader import SCHEDT, RuntimeReader, missing_fields
from gogdb.runtime.scheduler import Goroutines, Runtime
from gogdb.runtime.threads import Threads

__all__ = ["linked_list", "read_scheduler"]

Part = TypeVar("Part")

_MAX_GS = 16_000_000  # more than fit into the machines that Go runs on
_MAX_MS = 100_000  # sched.maxmcount is 10,000 unless debug.SetMaxThreads raised it
_MAX_PS = 1 << 16

_NEXT_IN_NODE = 8  # bytes from a listNodeManual to its field next (list_manual.go)


def read_scheduler(
    reader: RuntimeReader, function_names: Mapping[int, str], notes: Sequence[str] = ()
) -> Runtime:
    """Read everything at this stop.

    `function_names` are for startpc and gopc. `notes` are put before those of this reading.

    A part whose symbol or layout the program lacks is empty, and a note says why. Raises
    `GogdbError` if runtime.g0, runtime.m0 or the layout of a g is missing, and `Unreadable` if a
    variable of the runtime cannot be read.
    """
    return _SchedulerReading(reader, notes).runtime(function_names)


class _SchedulerReading:
    """One reading of the scheduler, with the notes that it makes."""

    def __init__(self, reader: RuntimeReader, notes: Sequence[str]) -> None:
        self._reader = reader
        self._notes = [*notes, *reader.binary_notes]

    def runtime(self, function_names: Mapping[int, str]) -> Runtime:
        reader = self._reader
        g0, m0, constants = reader.g0, reader.m0, reader.constants
        no_ms: tuple[M, ...] = ()
        no_ps: tuple[P, ...] = ()
        ms = self._part(self._all_ms, no_ms)
        ps = self._part(self._all_ps, no_ps)
        return Runtime(
            go_version=reader.target.binary.go_version,
            gomaxprocs=self._number("runtime.gomaxprocs", reader.int32),
            ncpu=self._number("runtime.numCPUStartup", reader.int32),
            allglen=self._number("runtime.allglen", reader.word),
            sched=self._sched(ms, ps),
            ps=ps,
            ms=ms,
            gs=self._part(self._all_gs, Goroutines(())),
            system_gs=tuple(self._system_gs(ms)),
            g0=g0,
            m0=m0,
            threads=Threads(reader.target),
            notes=tuple(dict.fromkeys(self._notes)),
            constants=constants,
            function_names=function_names,
            bubbles=Bubbles(reader),
            labels=LabelSets(
                reader.target.bulk(), as_slices=labels_are_slice(reader.layout("runtime.g"))
            ),
        )

    def _part(self, read: Callable[[], Part], default: Part) -> Part:
        """Return what `read` returns; if the program lacks what it needs, a note and `default`."""
        try:
            return read()
        except Unreadable:
            raise
        except GogdbError as error:
            self._notes.append(str(error))
            return default

    def _number(self, variable: str, read: Callable[[int], int]) -> int:
        return self._part(lambda: read(self._reader.address(variable)), 0)

    def _all_gs(self) -> AllGs:
        reader = self._reader
        # allgptr and allglen, not the allgs header, which an append can tear (proc.go, allgadd)
        count = reader.word(reader.address("runtime.allglen"))
        first = reader.address("runtime.allgptr")
        addresses: Sequence[int] = ()
        if not 0 <= count <= _MAX_GS:
            self._notes.append(
                f"runtime.allglen is {count}, which is implausible: no goroutine was read"
            )
        elif count:
            try:
                array = reader.target.read(reader.word(first), 8 * count)
                addresses = memoryview(array).cast("Q")
            except Unreadable as error:
                self._notes.append(f"allgs: {error}")
        return AllGs(reader.target.bulk(), reader.g_reader, addresses)

    def _system_gs(self, ms: tuple[M, ...]) -> Iterator[G]:
        g0 = self._reader.g0
        seen = {g0}
        yield self._reader.g(g0, "g0")
        for m in ms:
            for address, name in ((m.g0, "g0"), (m.gsignal, "gsignal")):
                if address and address not in seen:
                    seen.add(address)
                    yield self._reader.g(address, f"m{m.id}.{name}")

    def _all_ms(self) -> tuple[M, ...]:
        """Follow allm by m.alllink, oldest M first. Before mcommoninit there is only m0."""
        link = self._reader.layout("runtime.m").offset("alllink")
        head = self._reader.word(self._reader.address("runtime.allm"))
        addresses = self._linked_list(head, link, _MAX_MS, "allm")
        return tuple(self._reader.m(address) for address in reversed(addresses))

    def _all_ps(self) -> tuple[P, ...]:
        reader = self._reader
        array, count, _ = reader.words(reader.address("runtime.allp"), 3)
        if not 0 <= count <= _MAX_PS:
            self._notes.append(f"len(allp) is {count}, which is implausible: no P was read")
            return ()
        try:
            pointers = reader.words(array, count) if count else ()
        except Unreadable as error:
            self._notes.append(f"allp: {error}")
            return ()
        return tuple(reader.p(pointer) for pointer in pointers if pointer)

    def _sched(self, ms: Sequence[M], ps: Sequence[P]) -> Sched:
        """Read runtime.sched; `ms` and `ps` decide whether a guessed layout is plausible."""
        reader = self._reader
        try:
            address = reader.address("runtime.sched")
            layout = reader.find_layout(SCHEDT) or self._guess_layout(address, ms, ps)
            view = layout.view(reader.target.read(address, layout.size))
            return self._read_sched(address, view)
        except Unreadable:
            raise
        except GogdbError as error:
            return _unreadable_sched(str(error))

    def _guess_layout(self, address: int, ms: Sequence[M], ps: Sequence[P]) -> Struct:
        """Return the layout of schedt that is plausible at this stop, of the nearest release.

        A note says so. Raises `GogdbError` if none is plausible. The next stop guesses again:
        before schedinit everything is zero, and any layout is plausible.
        """
        reader = self._reader
        idle_ps = sum(p.status == "idle" for p in ps) if ps else None
        for release, layout in schedt.guesses(reader.release):
            try:
                view = layout.view(reader.target.read(address, layout.size))
            except Unreadable:  # larger than the program's
                continue
            if schedt.plausible(view, ms=len(ms) or None, idle_ps=idle_ps):
                self._notes.append(_guess_note(reader.target.binary.go_version, release))
                reader.guessed_schedt = layout
                return layout
        raise GogdbError(
            f"no layout of {SCHEDT} that gogdb knows fits this program",
            "build the program without -ldflags=-w",
        )

    def _read_sched(self, address: int, view: View) -> Sched:
        reader, layout = self._reader, view.struct

        def get(*paths: str) -> int:
            return view.get(*paths) or 0

        g_link = reader.layout("runtime.g").offset("schedlink")
        p_link = reader.layout("runtime.p").offset("link")
        if idle_ms_are_manual_list(layout):
            idle_m, m_link = get("midle.obj"), get("midle.nodeOffset") + _NEXT_IN_NODE
        else:
            idle_m, m_link = get("midle"), reader.layout("runtime.m").offset("schedlink")
        self._notes += missing_fields(layout, (*SCHED_COUNTERS, "runq.head", "pidle", "midle"))
        return Sched(
            address=address,
            **{name: get(name) for name in SCHED_COUNTERS},
            runqsize=get("runq.size", "runqsize"),
            runq=self._linked_list(get("runq.head"), g_link, _MAX_GS, "the global queue"),
            midle=self._linked_list(idle_m, m_link, _MAX_MS, "sched.midle"),
            pidle=self._linked_list(get("pidle"), p_link, _MAX_PS, "sched.pidle"),
            gfree=get("gFree.n") or get("gFree.stack.size") + get("gFree.noStack.size"),
            unreadable="",
        )

    def _linked_list(self, head: int, link: int, limit: int, what: str) -> tuple[int, ...]:
        return tuple(linked_list(self._reader, head, link, limit, what, self._notes))


def linked_list(
    reader: RuntimeReader, head: int, link: int, limit: int, what: str, notes: list[str]
) -> Iterator[int]:
    """Yield the addresses of a linked list, whose next pointer lies `link` bytes into each.

    Ends with a note about `what` at a cycle, after `limit` addresses, or at unreadable memory.
    """
    seen: set[int] = set()
    while head:
        if head in seen:
            notes.append(f"{what} has a cycle: stopped at {head:#x}")
            return
        if len(seen) == limit:
            notes.append(f"{what} does not end: stopped after {limit}")
            return
        seen.add(head)
        yield head
        try:
            head = reader.word(head + link)
        except Unreadable as error:
            notes.append(f"{what}: {error}")
            return


def _guess_note(go_version: str, release: GoVersion) -> str:
    return (
        f"the layout of {SCHEDT} in {go_version} is not known: "
        f"sched is read as in {release}, which is plausible"
    )


def _unreadable_sched(why: str) -> Sched:
    numbers = dict.fromkeys((*SCHED_COUNTERS, "address", "runqsize", "gfree"), 0)
    return Sched(**numbers, runq=(), midle=(), pidle=(), unreadable=why)
