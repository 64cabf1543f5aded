"""Read the scheduler's structures at one stop, in bulk, into one `Runtime`.

Names and walks follow runtime/proc.go. Every walk of a list is bounded and detects cycles. What
cannot be read is a row or a note that says so.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.layout import Reader, Struct, View
from gogdb.inferior.protocol import Target
from gogdb.runtime import goversion, schedt
from gogdb.runtime.allgs import AllGs, GReader
from gogdb.runtime.goversion import GoVersion
from gogdb.runtime.model import SCHED_COUNTERS, G, GConstants, M, P, Sched
from gogdb.runtime.scheduler import Goroutines, Runtime
from gogdb.runtime.symbols import MissingSymbolError, RuntimeSymbols

__all__ = ["RuntimeReader"]

Part = TypeVar("Part")

MAX_GS = 16_000_000  # more than fit into the machines that Go runs on
MAX_MS = 100_000  # sched.maxmcount is 10,000 unless debug.SetMaxThreads raised it
MAX_PS = 1 << 16
MAX_STRING = 4096  # bytes
MAX_NAMES = 1024  # statuses, or wait reasons

P_STATUS = ("idle", "running", "syscall", "gcstop", "dead")  # _Pidle … (runtime2.go)

_SCHEDT = "runtime.schedt"
_NEXT_IN_NODE = 8  # bytes from a listNodeManual to its field next (list_manual.go)

# The fields of `M`, `P` and `Sched` that are scalars of the same name in the runtime
_M_FIELDS = (
    "id",
    "procid",
    "g0",
    "gsignal",
    "curg",
    "p",
    "nextp",
    "oldp",
    "spinning",
    "blocked",
    "locks",
    "lockedg",
    "mstartfn",
    "schedlink",
)
_P_FIELDS = (
    "id",
    "status",
    "m",
    "link",
    "schedtick",
    "syscalltick",
    "runqhead",
    "runqtail",
    "runnext",
)


class RuntimeReader:
    """Reads the runtime of one binary; layouts and addresses are looked up once."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._layouts: dict[str, Struct | None] = {}
        self._guessed_schedt: Struct | None = None

    @cached_property
    def symbols(self) -> RuntimeSymbols:
        """The runtime's symbols in this program."""
        return RuntimeSymbols(self.target.symbols)

    def layout(self, name: str) -> Struct:
        """Return the layout of a runtime struct; raises `GogdbError` when no source has it.

        Of runtime.schedt it may be the layout that was plausible when `read` was last called.
        """
        layout = self._known_layout(name)
        if layout is None and name == _SCHEDT:
            layout = self._guessed_schedt
        if layout is None:
            raise GogdbError(
                f"no layout of {name} in the {self.target.layouts.source}",
                "build the program without -ldflags=-w and without strip",
            )
        return layout

    def _known_layout(self, name: str) -> Struct | None:
        if name not in self._layouts:
            layout = self.target.layouts.struct(name)
            if layout is None and name == _SCHEDT:
                layout = schedt.layout(self._release)
            self._layouts[name] = layout
        return self._layouts[name]

    @property
    def _release(self) -> GoVersion | None:
        return goversion.parse(self.target.binary.go_version)

    def address(self, name: str) -> int:
        """Return the address of a runtime variable; raises `MissingSymbolError`."""
        return self.symbols.address(name)

    def word(self, address: int) -> int:
        """Read a word of 8 bytes; raises `Unreadable`, as every read here."""
        return int.from_bytes(self.target.read(address, 8), "little")

    def int32(self, address: int) -> int:
        """Read a signed number of 4 bytes."""
        return int.from_bytes(self.target.read(address, 4), "little", signed=True)

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """Read `count` words of 8 bytes."""
        return struct.unpack(f"<{count}Q", self.target.read(address, 8 * count))

    def string(self, address: int) -> str:
        """Read the Go string whose header lies at `address`, at most `MAX_STRING` bytes of it."""
        data, size = self.words(address, 2)
        if not size:
            return ""
        return self.target.read(data, min(size, MAX_STRING)).decode("utf-8", "replace")

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """The names of the g statuses, from the binary's own gStatusStrings (traceback.go)."""
        return self._string_array("runtime.gStatusStrings")

    @cached_property
    def wait_reasons(self) -> tuple[str, ...]:
        """The names of the wait reasons, from the binary's own waitReasonStrings (runtime2.go)."""
        return self._string_array("runtime.waitReasonStrings")

    def _string_array(self, name: str) -> tuple[str, ...]:
        """Read an array of strings; empty when its size is not known, see `_binary_notes`."""
        symbol = self.symbols.variable(name)
        if symbol is None:
            return ()
        count = min(symbol.size // 16, MAX_NAMES)
        return tuple(self.string(symbol.address + 16 * index) for index in range(count))

    @cached_property
    def constants(self) -> GConstants:
        """What all gs of this binary share; raises `GogdbError` without a layout of runtime.g."""
        offset = self.layout("runtime.g").offset("sched")
        return GConstants(self.statuses, self.wait_reasons, offset)

    @cached_property
    def _g(self) -> GReader:
        return GReader(self.layout("runtime.g"), self.constants)

    @cached_property
    def _m(self) -> Reader:
        return Reader(self.layout("runtime.m"), _M_FIELDS)

    @cached_property
    def _p(self) -> Reader:
        return Reader(self.layout("runtime.p"), _P_FIELDS)

    @cached_property
    def g0(self) -> int:
        """The address of runtime.g0."""
        return self.address("runtime.g0")

    @cached_property
    def m0(self) -> int:
        """The address of runtime.m0."""
        return self.address("runtime.m0")

    def read(self, function_names: Mapping[int, str], notes: Sequence[str] = ()) -> Runtime:
        """Read everything at this stop.

        `function_names` are for startpc and gopc. `notes` are put before those of this reading.

        A part whose symbol or layout the program lacks is empty, and a note says why. Raises
        `GogdbError` when runtime.g0, runtime.m0 or the layout of a g is missing, and `Unreadable`
        when a variable of the runtime cannot be read.
        """
        notes = [*notes, *self._binary_notes]

        def part(read: Callable[[list[str]], Part], default: Part) -> Part:
            try:
                return read(notes)
            except Unreadable:
                raise
            except GogdbError as error:
                notes.append(str(error))
                return default

        g0, m0, constants = self.g0, self.m0, self.constants
        no_ms: tuple[M, ...] = ()
        no_ps: tuple[P, ...] = ()
        ms = part(self._all_ms, no_ms)
        ps = part(self._all_ps, no_ps)
        return Runtime(
            go_version=self.target.binary.go_version,
            gomaxprocs=part(lambda _: self.int32(self.address("runtime.gomaxprocs")), 0),
            ncpu=part(lambda _: self.int32(self.address("runtime.numCPUStartup")), 0),
            allglen=part(lambda _: self.word(self.address("runtime.allglen")), 0),
            sched=self._sched(ms, ps, notes),
            ps=ps,
            ms=ms,
            gs=part(self._all_gs, Goroutines(())),
            system_gs=tuple(self._system_gs(ms)),
            g0=g0,
            m0=m0,
            notes=tuple(dict.fromkeys(notes)),
            constants=constants,
            function_names=function_names,
        )

    @cached_property
    def _binary_notes(self) -> tuple[str, ...]:
        """What this binary lacks, the same at every stop."""
        notes = []
        for name in ("runtime.gStatusStrings", "runtime.waitReasonStrings"):
            symbol = self.symbols.variable(name)
            if symbol is None:
                notes.append(str(MissingSymbolError(name)))
            elif not symbol.size:
                notes.append(f"{name}: the size of the array is not known, so it was not read")
        for name, fields in (("runtime.m", _M_FIELDS), ("runtime.p", _P_FIELDS)):
            layout = self._known_layout(name)
            notes += _missing_fields(layout, fields) if layout else []
        return tuple(notes)

    def g(self, address: int, system_name: str = "") -> G:
        """Read the g at `address`; one that is unreadable says why.

        `system_name` is the name of a system stack, such as "m1.g0".
        """
        try:
            return self._g.g(address, system_name, self.target.read(address, self._g.size))
        except Unreadable:
            return self._g.unreadable(address, system_name)

    def _all_gs(self, notes: list[str]) -> AllGs:
        # allgptr and allglen, not the allgs header, which an append can tear (proc.go, allgadd)
        count = self.word(self.address("runtime.allglen"))
        first = self.address("runtime.allgptr")
        addresses: Sequence[int] = ()
        if not 0 <= count <= MAX_GS:
            notes.append(f"runtime.allglen is {count}, which is implausible: no goroutine was read")
        elif count:
            try:
                array = self.target.read(self.word(first), 8 * count)
                addresses = memoryview(array).cast("Q")
            except Unreadable as error:
                notes.append(f"allgs: {error}")
        return AllGs(self.target.bulk(), self._g, addresses)

    def _system_gs(self, ms: tuple[M, ...]) -> Iterator[G]:
        seen = {self.g0}
        yield self.g(self.g0, "g0")
        for m in ms:
            for address, name in ((m.g0, "g0"), (m.gsignal, "gsignal")):
                if address and address not in seen:
                    seen.add(address)
                    yield self.g(address, f"m{m.id}.{name}")

    def _all_ms(self, notes: list[str]) -> tuple[M, ...]:
        """Follow allm by m.alllink, oldest M first. Before mcommoninit there is only m0."""
        link = self.layout("runtime.m").offset("alllink")
        head = self.word(self.address("runtime.allm"))
        addresses = list(self.linked_list(head, link, MAX_MS, "allm", notes))
        return tuple(self.m(address) for address in reversed(addresses))

    def m(self, address: int) -> M:
        """Read the m at `address`, whether or not it is on allm."""
        unreadable = ""
        values: Sequence[int | None] = (None,) * len(_M_FIELDS)
        try:
            values = self._m.read(self.target.read(address, self._m.size))
        except Unreadable as error:
            unreadable = str(error)
        fields = {name: value or 0 for name, value in zip(_M_FIELDS, values, strict=True)}
        spinning, blocked = bool(fields.pop("spinning")), bool(fields.pop("blocked"))
        return M(address, **fields, spinning=spinning, blocked=blocked, unreadable=unreadable)

    def _all_ps(self, notes: list[str]) -> tuple[P, ...]:
        array, count, _ = self.words(self.address("runtime.allp"), 3)
        if not 0 <= count <= MAX_PS:
            notes.append(f"len(allp) is {count}, which is implausible: no P was read")
            return ()
        try:
            pointers = self.words(array, count) if count else ()
        except Unreadable as error:
            notes.append(f"allp: {error}")
            return ()
        return tuple(self._read_p(pointer) for pointer in pointers if pointer)

    def _read_p(self, address: int) -> P:
        layout = self.layout("runtime.p")
        try:
            data = self.target.read(address, layout.size)
        except Unreadable as error:
            return P(address, -1, "?", 0, 0, 0, 0, 0, 0, (), 0, str(error))
        values = self._p.read(data)
        fields = {name: value or 0 for name, value in zip(_P_FIELDS, values, strict=True)}
        number = fields.pop("status")
        status = P_STATUS[number] if number < len(P_STATUS) else f"status {number}"
        ring = layout.view(data).array("runq")
        head, tail = fields["runqhead"], fields["runqtail"]
        length = (tail - head) & 0xFFFF_FFFF  # both are free-running uint32 (runqput)
        queue = tuple(ring[(head + i) % len(ring)] for i in range(min(length, len(ring))))
        return P(address=address, status=status, runq=queue, unreadable="", **fields)

    def _sched(self, ms: Sequence[M], ps: Sequence[P], notes: list[str]) -> Sched:
        """Read runtime.sched; `ms` and `ps` judge a layout that is only a guess."""
        try:
            address = self.address("runtime.sched")
            layout = self._known_layout(_SCHEDT)
            if layout is None:
                idle_ps = sum(p.status == "idle" for p in ps) if ps else None
                release, layout = self._guess_schedt(len(ms) or None, idle_ps)
                self._guessed_schedt = layout
                notes.append(
                    f"the layout of {_SCHEDT} in {self.target.binary.go_version} is not known: "
                    f"sched is read as in {release}, which is plausible"
                )
            view = layout.view(self.target.read(address, layout.size))
            return self._read_sched(address, view, notes)
        except Unreadable:
            raise
        except GogdbError as error:
            return _unreadable_sched(str(error))

    def _read_sched(self, address: int, view: View, notes: list[str]) -> Sched:
        layout = view.struct

        def get(*paths: str) -> int:
            return view.get(*paths) or 0

        g_link = self.layout("runtime.g").offset("schedlink")
        p_link = self.layout("runtime.p").offset("link")
        if goversion.idle_ms_are_manual_list(layout):
            idle_m, m_link = get("midle.obj"), get("midle.nodeOffset") + _NEXT_IN_NODE
        else:
            idle_m, m_link = get("midle"), self.layout("runtime.m").offset("schedlink")
        notes += _missing_fields(layout, (*SCHED_COUNTERS, "runq.head", "pidle", "midle"))
        runq = self.linked_list(get("runq.head"), g_link, MAX_GS, "the global queue", notes)
        midle = self.linked_list(idle_m, m_link, MAX_MS, "sched.midle", notes)
        pidle = self.linked_list(get("pidle"), p_link, MAX_PS, "sched.pidle", notes)
        return Sched(
            address=address,
            **{name: get(name) for name in SCHED_COUNTERS},
            runqsize=get("runq.size", "runqsize"),
            runq=tuple(runq),
            midle=tuple(midle),
            pidle=tuple(pidle),
            gfree=get("gFree.n") or get("gFree.stack.size") + get("gFree.noStack.size"),
            unreadable="",
        )

    def _guess_schedt(self, ms: int | None, idle_ps: int | None) -> tuple[GoVersion, Struct]:
        """Return the layout of schedt that is plausible at this stop, of the nearest release.

        Raises `GogdbError` when none is. The answer is not kept: before schedinit everything is
        zero, and any layout is plausible.
        """
        address = self.address("runtime.sched")
        for release, layout in schedt.guesses(self._release):
            try:
                view = layout.view(self.target.read(address, layout.size))
            except Unreadable:  # larger than the program's
                continue
            if schedt.plausible(view, ms=ms, idle_ps=idle_ps):
                return release, layout
        raise GogdbError(
            f"no layout of {_SCHEDT} that gogdb knows fits this program",
            "build the program without -ldflags=-w",
        )

    def linked_list(
        self, head: int, link: int, limit: int, what: str, notes: list[str]
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
                head = self.word(head + link)
            except Unreadable as error:
                notes.append(f"{what}: {error}")
                return


def _missing_fields(layout: Struct, paths: Sequence[str]) -> list[str]:
    """Return a note for each field that this binary's struct does not have."""
    missing = [path for path in paths if layout.find(path) is None]
    return [f"{layout.name} has no field {path}: it is shown as 0" for path in missing]


def _unreadable_sched(why: str) -> Sched:
    numbers = dict.fromkeys((*SCHED_COUNTERS, "address", "runqsize", "gfree"), 0)
    return Sched(**numbers, runq=(), midle=(), pidle=(), unreadable=why)
