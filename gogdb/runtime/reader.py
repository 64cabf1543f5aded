"""One stop → one `Runtime`: the scheduler's structures, read in bulk.

Names and walks follow runtime/proc.go. Every list is bounded and cycle-safe, and
what cannot be read is a row that says so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cached_property

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.layout import Reader, Struct
from gogdb.inferior.protocol import Symbol, Target
from gogdb.runtime.allgs import AllGs, GReader
from gogdb.runtime.model import G, GConstants, M, P, Sched
from gogdb.runtime.scheduler import Runtime

__all__ = ["RuntimeReader"]

MAX_GS = 16_000_000  # more than fits the machines that Go runs on
MAX_MS = 100_000  # sched.maxmcount is 10,000 unless debug.SetMaxThreads raised it
MAX_PS = 1 << 16

P_STATUS = ("idle", "running", "syscall", "gcstop", "dead")  # _Pidle … (runtime2.go)

_M = (
    *(("id",), ("procid",), ("g0",), ("gsignal",), ("curg",), ("p",), ("nextp",), ("oldp",)),
    *(("spinning",), ("blocked",), ("locks",), ("lockedg",), ("mstartfn",), ("schedlink",)),
)
_P = (
    *(("id",), ("status",), ("m",), ("link",), ("schedtick",), ("syscalltick",)),
    *(("runqhead",), ("runqtail",), ("runnext",)),
)


class RuntimeReader:
    """Reads the runtime of one binary; layouts and addresses are looked up once."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._layouts: dict[str, Struct] = {}

    def layout(self, name: str) -> Struct:
        """The layout of a runtime struct; raises `GogdbError` when nothing tells it."""
        if name not in self._layouts:
            found = self.target.layouts.struct(name)
            if found is None:
                raise GogdbError(
                    f"no layout of {name} in the {self.target.layouts.source}",
                    "build the program without -ldflags=-w and without strip",
                )
            self._layouts[name] = found
        return self._layouts[name]

    def address(self, *names: str) -> int:
        """Address of the first runtime variable there is; raises `GogdbError`."""
        for name in names:
            symbol = self.symbol(name)
            if symbol:
                return symbol.address
        raise GogdbError(
            f"no symbol {names[0]}", "is this a Go program? A stripped one cannot be read yet"
        )

    def symbol(self, name: str) -> Symbol | None:
        return self.target.symbols.find(name)

    def word(self, address: int) -> int:
        return int.from_bytes(self.target.read(address, 8), "little")

    def int32(self, address: int) -> int:
        return int.from_bytes(self.target.read(address, 4), "little", signed=True)

    def words(self, address: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}Q", self.target.read(address, 8 * count))

    def string(self, address: int) -> str:
        """The Go string whose header lies at `address`, at most 4096 bytes of it."""
        data, size = self.words(address, 2)
        return self.target.read(data, min(size, 4096)).decode("utf-8", "replace") if size else ""

    def _strings(self, name: str) -> tuple[str, ...]:
        symbol = self.symbol(name)
        if symbol is None or not symbol.size:
            return ()
        return tuple(self.string(symbol.address + at) for at in range(0, symbol.size, 16))

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """Names of the g statuses, from the binary's own gStatusStrings (traceback.go)."""
        return self._strings("runtime.gStatusStrings")

    @cached_property
    def wait_reasons(self) -> tuple[str, ...]:
        """From the binary's own waitReasonStrings (runtime2.go)."""
        return self._strings("runtime.waitReasonStrings")

    @cached_property
    def constants(self) -> GConstants:
        at = self.layout("runtime.g").offset("sched")
        return GConstants(self.statuses, self.wait_reasons, at)

    @cached_property
    def _g(self) -> GReader:
        return GReader(self.layout("runtime.g"), self.constants)

    @cached_property
    def _readers(self) -> dict[str, Reader]:
        return {
            "m": Reader(self.layout("runtime.m"), _M),
            "p": Reader(self.layout("runtime.p"), _P),
        }

    @cached_property
    def g0(self) -> int:
        return self.address("runtime.g0")

    @cached_property
    def m0(self) -> int:
        return self.address("runtime.m0")

    def read(self) -> Runtime:
        """Everything at this stop. Raises `GogdbError` when this is no Go program."""
        notes: list[str] = []
        ms = self._all_ms(notes)
        return Runtime(
            go_version=self.target.binary.go_version,
            gomaxprocs=self.int32(self.address("runtime.gomaxprocs")),
            ncpu=self.int32(self.address("runtime.numCPUStartup", "runtime.ncpu")),
            allglen=self.word(self.address("runtime.allglen")),
            sched=self._sched(notes),
            ps=self._all_ps(notes),
            ms=ms,
            gs=self._all_gs(notes),
            system_gs=tuple(self._system(ms)),
            g0=self.g0,
            m0=self.m0,
            notes=tuple(notes),
            constants=self.constants,
        )

    def g(self, address: int, system_name: str = "") -> G:
        """The g at `address`; unreadable ones say why. `system_name` is a system stack's name."""
        try:
            return self._g.g(address, system_name, self.target.read(address, self._g.size))
        except Unreadable:
            return self._g.lost(address, system_name)

    def _all_gs(self, notes: list[str]) -> AllGs:
        # allgptr and allglen, not the allgs header, which an append can tear (proc.go, allgadd)
        count = self.word(self.address("runtime.allglen"))
        addresses: Sequence[int] = ()
        if not 0 <= count <= MAX_GS:
            notes.append(f"runtime.allglen is {count}: not believed, no goroutine read")
        elif count:
            try:
                array = self.target.read(self.word(self.address("runtime.allgptr")), 8 * count)
                addresses = memoryview(array).cast("Q")
            except Unreadable as error:
                notes.append(f"allgs: {error}")
        return AllGs(self.target.bulk(), self._g, addresses)

    def _system(self, ms: tuple[M, ...]) -> Iterator[G]:
        seen = {self.g0}
        yield self.g(self.g0, "g0")
        for m in ms:
            for address, name in ((m.g0, "g0"), (m.gsignal, "gsignal")):
                if address and address not in seen:
                    seen.add(address)
                    yield self.g(address, f"m{m.id}.{name}")

    def _all_ms(self, notes: list[str]) -> tuple[M, ...]:
        """allm by its alllink, oldest first. Before mcommoninit there is only m0."""
        link = self.layout("runtime.m").offset("alllink")
        head = self.word(self.address("runtime.allm"))
        addresses = list(self.linked_list(head, link, MAX_MS, "allm", notes))
        return tuple(self.m(address) for address in reversed(addresses))

    def m(self, address: int) -> M:
        """The m at `address`, on allm or not."""
        reader, why = self._readers["m"], ""
        try:
            values = reader.read(self.target.read(address, reader.size))
        except Unreadable as error:
            values, why = (None,) * len(_M), str(error)
        named = {paths[0]: value or 0 for paths, value in zip(_M, values, strict=True)}
        spinning, blocked = bool(named.pop("spinning")), bool(named.pop("blocked"))
        return M(address, **named, spinning=spinning, blocked=blocked, unreadable=why)

    def _all_ps(self, notes: list[str]) -> tuple[P, ...]:
        array, count, _ = self.words(self.address("runtime.allp"), 3)
        if not 0 <= count <= MAX_PS:
            notes.append(f"len(allp) is {count}: not believed, no P read")
            return ()
        try:
            pointers = self.words(array, count) if count else ()
        except Unreadable as error:
            notes.append(f"allp: {error}")
            return ()
        return tuple(self._p(pointer) for pointer in pointers if pointer)

    def _p(self, address: int) -> P:
        layout, reader = self.layout("runtime.p"), self._readers["p"]
        try:
            data = self.target.read(address, layout.size)
        except Unreadable as error:
            return P(address, -1, "?", 0, 0, 0, 0, 0, 0, (), 0, str(error))
        values = reader.read(data)
        named = {paths[0]: value or 0 for paths, value in zip(_P, values, strict=True)}
        number = named.pop("status")
        status = P_STATUS[number] if number < len(P_STATUS) else f"status {number}"
        ring = layout.view(data).array("runq")
        head, tail = named["runqhead"], named["runqtail"]
        waiting = (tail - head) & 0xFFFF_FFFF  # both are free-running uint32 (runqput)
        queue = tuple(ring[(head + i) % len(ring)] for i in range(min(waiting, len(ring))))
        return P(address=address, status=status, runq=queue, unreadable="", **named)

    def _sched(self, notes: list[str]) -> Sched:
        address, layout = self.address("runtime.sched"), self.layout("runtime.schedt")
        view = layout.view(self.target.read(address, layout.size))

        def get(*paths: str) -> int:
            return view.get(*paths) or 0

        glink = self.layout("runtime.g").offset("schedlink")
        plink = self.layout("runtime.p").offset("link")
        if layout.find("midle.obj"):  # a listHeadManual since go1.26 (list_manual.go)
            idle, mlink = get("midle.obj"), get("midle.nodeOffset") + 8
        else:
            idle, mlink = get("midle"), self.layout("runtime.m").offset("schedlink")
        return Sched(
            address=address,
            goidgen=get("goidgen"),
            maxmcount=get("maxmcount"),
            mnext=get("mnext"),
            nmfreed=get("nmfreed"),
            nmidle=get("nmidle"),
            nmidlelocked=get("nmidlelocked"),
            nmsys=get("nmsys"),
            ngsys=get("ngsys"),
            npidle=get("npidle"),
            nmspinning=get("nmspinning"),
            gcwaiting=get("gcwaiting"),
            sysmonwait=get("sysmonwait"),
            lastpoll=get("lastpoll"),
            runqsize=get("runq.size", "runqsize"),
            runq=tuple(
                self.linked_list(get("runq.head"), glink, MAX_GS, "the global queue", notes)
            ),
            midle=tuple(self.linked_list(idle, mlink, MAX_MS, "sched.midle", notes)),
            pidle=tuple(self.linked_list(get("pidle"), plink, MAX_PS, "sched.pidle", notes)),
            gfree=get("gFree.n") or get("gFree.stack.size") + get("gFree.noStack.size"),
        )

    def linked_list(
        self, head: int, link: int, limit: int, what: str, notes: list[str]
    ) -> Iterator[int]:
        """The addresses of a linked list whose next pointer lies `link` bytes into each."""
        seen: set[int] = set()
        while head:
            if head in seen:
                notes.append(f"{what}: it runs in a circle at {head:#x}, stopped there")
                return
            if len(seen) == limit:
                notes.append(f"{what}: stopped after {limit}")
                return
            seen.add(head)
            yield head
            try:
                head = self.word(head + link)
            except Unreadable as error:
                notes.append(f"{what}: {error}")
                return
