"""Read single variables and structs of a program's runtime; `scheduler_reader` reads them all."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cached_property

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.layout import Reader, Struct, required
from gogdb.inferior.protocol import Target
from gogdb.runtime import goversion, schedt
from gogdb.runtime.allgs import GReader
from gogdb.runtime.goversion import GoVersion
from gogdb.runtime.model import G, GConstants, M, P
from gogdb.runtime.problems import Problem
from gogdb.runtime.symbols import MissingSymbolError, RuntimeSymbols

__all__ = ["SCHEDT", "RuntimeReader", "missing_fields", "unreadable_m"]

_MAX_STRING = 4096  # bytes
_MAX_NAMES = 1024  # statuses, or wait reasons
_MAX_NAME = 128  # bytes of one; the longest of any release has about 40

_SIGTAB_ENTRY, _SIGTAB_NAME = 24, 8  # bytes of a sigTabT, and from it to its name (signal_unix.go)

SCHEDT = "runtime.schedt"

_P_STATUSES = ("idle", "running", "syscall", "gcstop", "dead")  # _Pidle … (runtime2.go)

# The fields of `M` and `P` that are scalars of the same name in the runtime
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
    """Reads the runtime of one binary; layouts and addresses are looked up once.

    `guessed_schedt` is the layout that was plausible when the scheduler was last read, of a
    program whose own layout of runtime.schedt is not known.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._layouts: dict[str, Struct | None] = {}
        self.guessed_schedt: Struct | None = None
        self._name_problems: dict[str, Problem] = {}

    @cached_property
    def symbols(self) -> RuntimeSymbols:
        """The runtime's symbols in this program."""
        return RuntimeSymbols(self.target.symbols)

    def layout(self, name: str) -> Struct:
        """Return the layout of a runtime struct, `guessed_schedt` if there is no better one.

        Raises `GogdbError` if no source has it.
        """
        layout = self.find_layout(name)
        if layout is None and name == SCHEDT:
            layout = self.guessed_schedt
        return required(self.target.layouts, name) if layout is None else layout

    def find_layout(self, name: str) -> Struct | None:
        """Return the layout of a runtime struct, None if no source has it. It is never a guess."""
        if name not in self._layouts:
            layout = self.target.layouts.struct(name)
            if layout is None and name == SCHEDT:
                layout = schedt.layout(self.release)
            self._layouts[name] = layout
        return self._layouts[name]

    @property
    def release(self) -> GoVersion | None:
        """The Go release that built the program, None if the program does not say."""
        return goversion.parse(self.target.binary.go_version)

    def address(self, name: str) -> int:
        """Return the address of a runtime variable. Raises `MissingSymbolError`."""
        return self.symbols.address(name)

    def word(self, address: int) -> int:
        """Read a word of 8 bytes. Raises `Unreadable`, as the other methods that read numbers."""
        return int.from_bytes(self.target.read(address, 8), "little")

    def int32(self, address: int) -> int:
        """Read a signed integer of 4 bytes."""
        return int.from_bytes(self.target.read(address, 4), "little", signed=True)

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """Read `count` words of 8 bytes."""
        return struct.unpack(f"<{count}Q", self.target.read(address, 8 * count))

    def string(self, address: int) -> str:
        """Read the Go string whose header lies at `address`, at most `_MAX_STRING` bytes of it."""
        data, size = self.words(address, 2)
        if not size:
            return ""
        return self.target.read(data, min(size, _MAX_STRING)).decode("utf-8", "replace")

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """The names of the g statuses, from the binary's own gStatusStrings (traceback.go)."""
        return self._names("runtime.gStatusStrings", "status")

    @cached_property
    def wait_reasons(self) -> tuple[str, ...]:
        """The names of the wait reasons, from the binary's own waitReasonStrings (runtime2.go)."""
        return self._names("runtime.waitReasonStrings", "wait reason")

    def _names(self, name: str, what: str) -> tuple[str, ...]:
        """Read an array of names; empty if its size is not known (`binary_notes` says so).

        A name that cannot be read is its number, such as "status 4", and `name_problems` says why.
        """
        symbol = self.symbols.variable(name)
        if symbol is None:
            return ()
        names, failures = list[str](), list[str]()
        for index in range(min(symbol.size // 16, _MAX_NAMES)):
            try:
                names.append(self._name(symbol.address + 16 * index))
            except GogdbError as error:
                names.append(f"{what} {index}")
                failures.append(error.message)
        if failures:
            why = f"{len(failures)} of {len(names)} names cannot be read: {failures[0]}"
            self._name_problems[name] = Problem("gs", f"{name}: {why}")
        return tuple(names)

    def _name(self, address: int) -> str:
        """Read the string at `address`. Raises `GogdbError` for what cannot be a name."""
        data, size = self.words(address, 2)
        if size > _MAX_NAME:
            raise GogdbError(f"the string at {address:#x} has {size} bytes")
        name = self.target.read(data, size) if size else b""
        if not (name.isascii() and name.decode().isprintable()):
            raise GogdbError(f"the string at {address:#x} is no name")
        return name.decode()

    @property
    def name_problems(self) -> tuple[Problem, ...]:
        """Why names of statuses or wait reasons cannot be read."""
        _ = self.statuses, self.wait_reasons
        return tuple(self._name_problems.values())

    def retry_names(self) -> None:
        """Forget names that could not all be read, so that they are read anew at this stop."""
        if self._name_problems:
            self._name_problems.clear()
            for attribute in ("statuses", "wait_reasons", "constants", "g_reader"):
                vars(self).pop(attribute, None)

    @cached_property
    def constants(self) -> GConstants:
        """What all gs of this binary share. Raises `GogdbError` without a layout of runtime.g."""
        offset = self.layout("runtime.g").offset("sched")
        return GConstants(self.statuses, self.wait_reasons, offset)

    @cached_property
    def idle_reasons(self) -> tuple[bool, ...]:
        """Whether each wait is durable, from the binary's own isIdleInSynctest (runtime2.go).

        Empty for a program without it. Raises `Unreadable`.
        """
        symbol = self.symbols.variable("runtime.isIdleInSynctest")
        if symbol is None:
            return ()
        return tuple(map(bool, self.target.read(symbol.address, min(symbol.size, _MAX_NAMES))))

    @cached_property
    def g_reader(self) -> GReader:
        """The decoder of gs. Raises `GogdbError` as `constants`."""
        return GReader(self.layout("runtime.g"), self.constants)

    @cached_property
    def _m_reader(self) -> Reader:
        return Reader(self.layout("runtime.m"), _M_FIELDS)

    @cached_property
    def _p_reader(self) -> Reader:
        return Reader(self.layout("runtime.p"), _P_FIELDS)

    @cached_property
    def g0(self) -> int:
        """The address of runtime.g0."""
        return self.address("runtime.g0")

    @cached_property
    def m0(self) -> int:
        """The address of runtime.m0."""
        return self.address("runtime.m0")

    @cached_property
    def binary_notes(self) -> tuple[str, ...]:
        """What this binary lacks, the same at every stop."""
        notes = [self.target.binary.mismatch] if self.target.binary.mismatch else []
        for name in ("runtime.gStatusStrings", "runtime.waitReasonStrings"):
            symbol = self.symbols.variable(name)
            if symbol is None:
                notes.append(str(MissingSymbolError(name)))
            elif not symbol.size:
                notes.append(f"{name}: the size of the array is not known, so it was not read")
        for name, fields in (("runtime.m", _M_FIELDS), ("runtime.p", _P_FIELDS)):
            if layout := self.find_layout(name):
                notes += missing_fields(layout, fields)
        return tuple(notes)

    def signal_name(self, number: int) -> str:
        """Return the name of a signal by the binary's own sigtable, such as "SIGSEGV".

        "" if the table has none. Raises `Unreadable`.
        """
        symbol = self.symbols.variable("runtime.sigtable")
        if symbol is None or not 0 <= number < symbol.size // _SIGTAB_ENTRY:
            return ""
        name = self.string(symbol.address + number * _SIGTAB_ENTRY + _SIGTAB_NAME)
        return name.partition(":")[0]  # "SIGSEGV: segmentation violation"

    def g(self, address: int, system_name: str = "") -> G:
        """Read the g at `address`. One that cannot be read is a row that says why.

        `system_name` is the name of a system stack, such as "m1.g0".
        """
        try:
            data = self.target.read(address, self.g_reader.size)
        except Unreadable:
            return self.g_reader.unreadable(address, system_name)
        return self.g_reader.g(address, system_name, data)

    def m(self, address: int) -> M:
        """Read the m at `address`, on allm or not. One that cannot be read says why."""
        try:
            values = self._m_reader.read(self.target.read(address, self._m_reader.size))
        except Unreadable as error:
            return unreadable_m(address, str(error))
        return _m(address, values)

    def p(self, address: int, index: int | None = None) -> P:
        """Read the p at `address`. One that cannot be read, or is no p, says why.

        `index` is its place in allp, which is its id (procresize), or None if it is not known.
        """
        layout = self.layout("runtime.p")
        try:
            data = self.target.read(address, layout.size)
        except Unreadable as error:
            return _unreadable_p(address, str(error))
        values = self._p_reader.read(data)
        fields = {name: value or 0 for name, value in zip(_P_FIELDS, values, strict=True)}
        if index is not None and fields["id"] != index:
            return _unreadable_p(address, f"no p is there: its id is {fields['id']}, not {index}")
        ring = layout.view(data).array("runq")
        head, tail = fields["runqhead"], fields["runqtail"]
        length = (tail - head) & 0xFFFF_FFFF  # both are free-running uint32 (runqput)
        if ring and length > len(ring):
            why = (
                f"its runqhead {head} and runqtail {tail} are further apart than its queue is long"
            )
            return _unreadable_p(address, why)
        number = fields.pop("status")
        status = _P_STATUSES[number] if number < len(_P_STATUSES) else f"status {number}"
        queue = tuple(ring[(head + i) % len(ring)] for i in range(min(length, len(ring))))
        return P(address=address, status=status, runq=queue, unreadable="", **fields)


def unreadable_m(address: int, why: str) -> M:
    """Return an M that says why it cannot be read, or why there is no M at its address."""
    return _m(address, (None,) * len(_M_FIELDS), why)


def _m(address: int, values: Sequence[int | None], unreadable: str = "") -> M:
    fields = {name: value or 0 for name, value in zip(_M_FIELDS, values, strict=True)}
    spinning, blocked = bool(fields.pop("spinning")), bool(fields.pop("blocked"))
    return M(address, **fields, spinning=spinning, blocked=blocked, unreadable=unreadable)


def _unreadable_p(address: int, why: str) -> P:
    return P(address, -1, "?", 0, 0, 0, 0, 0, 0, (), 0, why)


def missing_fields(layout: Struct, paths: Sequence[str]) -> list[str]:
    """Return a note for each field that this binary's struct does not have."""
    missing = [path for path in paths if layout.find(path) is None]
    return [f"{layout.name} has no field {path}: it is shown as 0" for path in missing]
