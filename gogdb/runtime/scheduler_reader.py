"""Read the scheduler at one stop, in bulk, into a `Runtime`.

Names and walks follow runtime/proc.go. Every walk of a list is bounded and detects cycles, and
every struct is checked against those that refer to it. What cannot be read, or contradicts itself,
is a row that says so, or a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gogdb.errors import GogdbError, Unreadable
from gogdb.i18n import counted
from gogdb.inferior.arch import Registers
from gogdb.inferior.layout import Struct, View
from gogdb.runtime import schedt
from gogdb.runtime.allgs import AllGs
from gogdb.runtime.allgs_array import find_gs
from gogdb.runtime.bubbles import Bubbles
from gogdb.runtime.current_g import current_g
from gogdb.runtime.goversion import GoVersion, idle_ms_are_manual_list, labels_are_slice
from gogdb.runtime.labels import LabelSets
from gogdb.runtime.linked_list import linked_list
from gogdb.runtime.model import SCHED_COUNTERS, G, M, P, Sched
from gogdb.runtime.problems import Problem, Problems
from gogdb.runtime.reader import SCHEDT, RuntimeReader, missing_fields, unreadable_m
from gogdb.runtime.scheduler import Goroutines, Runtime
from gogdb.runtime.threads import Threads, running_notes

__all__ = ["read_scheduler"]

_MAX_GS = 16_000_000  # on the global queue
_MAX_MS = 100_000  # sched.maxmcount is 10,000 unless debug.SetMaxThreads raised it
_MAX_PS = 1 << 16
_MAX_NO_PS = 16  # entries of allp in a row that are no ps

_NEXT_IN_NODE = 8  # bytes from a listNodeManual to its field next (list_manual.go)


def read_scheduler(
    reader: RuntimeReader,
    function_names: Mapping[int, str],
    problems: Sequence[Problem] = (),
    notes: Sequence[str] = (),
) -> Runtime:
    """Read everything at this stop.

    `function_names` are for startpc and gopc. `problems` and `notes` are put before those of this
    reading.

    A part that cannot be read, or whose symbol or layout the program lacks, is empty, and a problem
    says why. Raises `GogdbError` if runtime.g0, runtime.m0 or the layout of a g is missing.
    """
    return _SchedulerReading(reader, problems, notes).runtime(function_names)


class _SchedulerReading:
    """One reading of the scheduler, with the problems that it meets."""

    def __init__(
        self, reader: RuntimeReader, problems: Sequence[Problem], notes: Sequence[str] = ()
    ) -> None:
        self._reader = reader
        self._notes = [*notes, *reader.binary_notes]
        self._problems = Problems()
        reader.retry_names()
        for problem in (*problems, *reader.name_problems):
            self._problems.add(*problem)

    def runtime(self, function_names: Mapping[int, str]) -> Runtime:
        reader, attempt = self._reader, self._problems.attempt
        g0, m0, constants = reader.g0, reader.m0, reader.constants
        no_ms: tuple[M, ...] = ()
        no_ps: tuple[P, ...] = ()
        gomaxprocs = self._number("sched", "runtime.gomaxprocs", reader.int32)
        all_ms = attempt("ms", "allm", self._all_ms, no_ms)
        ps = attempt("ps", "allp", lambda: self._all_ps(gomaxprocs), no_ps)
        ms, system_gs = self._with_system_gs(all_ms)
        is_first = not ms and not self._problems.of("ms") and system_gs[0].m == m0
        ncpu = self._number("sched", "runtime.numCPUStartup", reader.int32)
        allglen = self._number("gs", "runtime.allglen", reader.word)
        sched = self._sched(ms, ps)
        if gomaxprocs and not ms:  # schedinit links m0 before procresize sets gomaxprocs
            self._problems.add("ms", "allm is nil, though gomaxprocs is set")
        others = {g.address: g.name for g in system_gs}
        others |= {m.address: f"m{m.id}" for m in ms} | {p.address: f"p{p.id}" for p in ps}
        gs = attempt("gs", "allgs", lambda: self._all_gs(others), Goroutines(()))
        self._check_ms(ms, ps, sched, gs)
        # newproc1 puts a new g on allgs before it takes a goid
        if not len(gs) and sched.goidgen and not self._problems.of("gs"):
            self._problems.add("gs", "allgs is empty, though goids have been handed out")
        threads = Threads(reader.target, self._not_extra(ms), self._m_of)
        problems = self._problems.all()
        whys = [each.why for each in problems if each != ("sched", sched.unreadable)]
        return Runtime(
            go_version=reader.target.binary.go_version,
            gomaxprocs=gomaxprocs,
            ncpu=ncpu,
            allglen=allglen,
            sched=sched,
            ps=ps,
            ms=ms,
            gs=gs,
            system_gs=system_gs,
            g0=g0,
            m0=m0,
            threads=threads,
            notes=tuple(dict.fromkeys([*running_notes(threads.running), *whys, *self._notes])),
            problems=problems,
            constants=constants,
            function_names=function_names,
            bubbles=Bubbles(reader),
            labels=LabelSets(
                reader.target.bulk(), as_slices=labels_are_slice(reader.layout("runtime.g"))
            ),
            first_m=reader.m(m0) if is_first else None,
        )

    def _m_of(self, registers: Registers) -> int:
        """Return the address of the M of the thread with these registers, 0 if it has none."""
        reader = self._reader
        g = current_g(reader.target, registers, reader.target.binary.tls_offset)
        return reader.word(g + reader.layout("runtime.g").offset("m")) if g else 0

    def _not_extra(self, ms: Sequence[M]) -> list[M]:
        """Return the Ms but those that wait for a thread of C to enter Go (getExtraM in proc.go).

        Such an M keeps the procid of the last thread that had it, and its goroutine, which is
        locked to it, is dead.
        """
        locked = {m.address for m in ms if m.curg and m.curg == m.lockedg}
        return [m for m in ms if m.address not in locked or not self._reader.g(m.curg).is_dead]

    def _number(self, part: str, variable: str, read: Callable[[int], int]) -> int | None:
        def number() -> int | None:
            return read(self._reader.address(variable))

        return self._problems.attempt(part, variable, number, None)

    def _all_gs(self, others: Mapping[int, str]) -> AllGs:
        """Return the gs on allgs; `others` are the names of the structs that are no goroutines."""
        reader = self._reader
        addresses = find_gs(reader, others, self._problems)
        return AllGs(reader.target.bulk(), reader.g_reader, addresses)

    def _with_system_gs(self, all_ms: Sequence[M]) -> tuple[tuple[M, ...], tuple[G, ...]]:
        """Return the Ms, and runtime.g0 and the system gs of each.

        A system g names its M (allocm, mpreinit). What no such g names is not an M.
        """
        reader = self._reader
        gs, ms = {reader.g0: reader.g(reader.g0, "g0")}, list[M]()
        for m in all_ms:
            own = [
                gs.get(address) or reader.g(address, f"m{m.id}.{name}")
                for address, name in ((m.g0, "g0"), (m.gsignal, "gsignal"))
                if address
            ]
            named = [g.unreadable or g.m == m.address for g in own]
            if m.unreadable or m.address == reader.m0 or any(named):
                ms.append(m)
                for g, ok in zip(own, named, strict=True):
                    why = f"no g of m{m.id} is there: its m is {g.m:#x}"
                    unreadable = reader.g_reader.unreadable(g.address, g.system_name, why)
                    gs[g.address] = g if ok else unreadable
            else:
                why = "no m is there: neither its g0 nor its gsignal names it"
                ms.append(unreadable_m(m.address, why))
        return tuple(ms), tuple(gs.values())

    def _check_ms(self, ms: Sequence[M], ps: Sequence[P], sched: Sched, gs: Goroutines) -> None:
        """Add a problem if allm has not all Ms that were created and not freed.

        One may be on its way: mReserveID counts it before mcommoninit links it, and mexit unlinks
        it before it counts it as freed. If it has a P or a goroutine, or is idle, it is not.
        """
        expected = sched.mnext - sched.nmfreed
        bound = {p.m for p in ps} | set(sched.midle)
        if not sched.unreadable and expected != len(ms):
            if abs(expected - len(ms)) > 1:
                known = f"{len(ms)} {counted(len(ms)):M|Ms}"
                why = f"allm has {known}, but sched.mnext - sched.nmfreed is {expected}"
                self._problems.add("ms", why)
            bound.update(*(batch.column("m") for batch in gs.batches()))
        for address in sorted(bound - {0} - {m.address for m in ms}):
            self._problems.add("ms", f"an M at {address:#x} is bound or idle, but not on allm")

    def _all_ms(self) -> tuple[M, ...]:
        """Follow allm by m.alllink, oldest M first. Before mcommoninit there is only m0."""
        link = self._reader.layout("runtime.m").offset("alllink")
        head = self._reader.word(self._reader.address("runtime.allm"))
        addresses = self._linked_list(head, link, _MAX_MS, "ms", "allm")
        if addresses and addresses[-1] != self._reader.m0:  # it is linked first, and never unlinked
            why = f"allm ends at {addresses[-1]:#x} instead of m0: Ms are missing"
            self._problems.add("ms", why)
        return tuple(self._reader.m(address) for address in reversed(addresses))

    def _all_ps(self, gomaxprocs: int | None) -> tuple[P, ...]:
        """Read the Ps of allp.

        procresize, which stops the world, makes allp longer before it raises gomaxprocs, and
        shorter after it has lowered it. If two of len, cap and gomaxprocs agree, they are right.
        """
        reader = self._reader
        array, length, capacity = reader.words(reader.address("runtime.allp"), 3)
        procs = length if gomaxprocs is None else gomaxprocs
        count = min(sorted((length, capacity, procs))[1], _MAX_PS)
        if not procs <= length <= capacity <= _MAX_PS:
            numbers = f"len(allp) is {length}, its capacity {capacity}, gomaxprocs {gomaxprocs}"
            self._problems.add(
                "ps", f"{numbers}: {count} {counted(count):entry was|entries were} read"
            )
        pointers = reader.words(array, count) if count else ()
        ps, no_ps = list[P](), 0
        for index, pointer in enumerate(pointers):
            if not pointer:
                continue
            ps.append(reader.p(pointer, index))
            no_ps = no_ps + 1 if ps[-1].unreadable else 0
            if no_ps == _MAX_NO_PS:
                first = index + 1 - no_ps
                why = f"no p is at any of {no_ps} entries of allp, from index {first} on"
                self._problems.add("ps", f"{why}: stopped there, len(allp) is {length}")
                break
        return tuple(ps)

    def _sched(self, ms: Sequence[M], ps: Sequence[P]) -> Sched:
        """Read runtime.sched; `ms` and `ps` decide whether a guessed layout is plausible."""
        reader = self._reader
        try:
            address = reader.address("runtime.sched")
            layout = reader.find_layout(SCHEDT) or self._guess_layout(address, ms, ps)
            view = layout.view(reader.target.read(address, layout.size))
            return self._read_sched(address, view)
        except GogdbError as error:
            why = f"runtime.sched: {error}" if isinstance(error, Unreadable) else str(error)
            self._problems.add("sched", why)
            return _unreadable_sched(why)

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
        sched = Sched(
            address=address,
            **{name: get(name) for name in SCHED_COUNTERS},
            runqsize=get("runq.size", "runqsize"),
            runq=self._linked_list(get("runq.head"), g_link, _MAX_GS, "sched", "the global queue"),
            midle=self._linked_list(idle_m, m_link, _MAX_MS, "sched", "sched.midle"),
            pidle=self._linked_list(get("pidle"), p_link, _MAX_PS, "sched", "sched.pidle"),
            gfree=get("gFree.n") or get("gFree.stack.size") + get("gFree.noStack.size"),
            unreadable="",
        )
        if not get("lock"):  # else its owner may have changed a list, and not yet its length
            self._check_lengths(sched, layout)
        return sched

    def _check_lengths(self, sched: Sched, layout: Struct) -> None:
        """Add a problem for each list of `sched` whose length is not the recorded one."""
        for what, linked, recorded, fields in (
            ("the global queue", sched.runq, sched.runqsize, ("runq.size", "runqsize")),
            ("sched.midle", sched.midle, sched.nmidle, ("nmidle",)),
            ("sched.pidle", sched.pidle, sched.npidle, ("npidle",)),
        ):
            length = len(linked)
            if length != recorded and layout.find(*fields):
                entries = f"{length} {counted(length):entry|entries}"
                why = f"{what} has {entries}, but its length is {recorded} in sched.{fields[-1]}"
                self._problems.add("sched", why)

    def _linked_list(
        self, head: int, link: int, limit: int, part: str, what: str
    ) -> tuple[int, ...]:
        return tuple(linked_list(self._reader, head, link, limit, part, what, self._problems))


def _guess_note(go_version: str, release: GoVersion) -> str:
    return (
        f"the layout of {SCHEDT} in {go_version} is not known: "
        f"sched is read as in {release}, which is plausible"
    )


def _unreadable_sched(why: str) -> Sched:
    numbers = dict.fromkeys((*SCHED_COUNTERS, "address", "runqsize", "gfree"), 0)
    return Sched(**numbers, runq=(), midle=(), pidle=(), unreadable=why)
