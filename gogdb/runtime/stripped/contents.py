"""What the linker has written into a variable tells whether it is the one that was looked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gogdb.errors import Unreadable
from gogdb.inferior.memory import Memory
from gogdb.runtime import goversion

__all__ = ["CONTENTS", "Contents"]

_STRING = 16  # bytes of a string's header
_SIGTAB_ENTRY, _SIGTAB_NAME = 24, 8  # bytes of a sigTabT, and from it to its name (signal_unix.go)
_SIGNALS = 65  # _NSIG (os_linux_generic.go)
_MAX_NAME = 128  # bytes

_FIRST = ("SIGNONE: no trap", "SIGHUP: terminal line hangup")  # sigtab_linux_generic.go
_STATUSES = ("idle", "runnable", "running", "syscall", "waiting")  # traceback.go
_REASONS = {"chan receive", "semacquire", "select (no cases)", "sleep"}  # runtime2.go
_IDLE = {"sleep": 1, "select (no cases)": 1, "IO wait": 0, "GC sweep wait": 0}  # synctest.go


class Contents(NamedTuple):
    """A variable in the file, and what is known when it is looked at.

    `length` is what the code compares an index into it with, 0 if it does not. `main` is the entry
    of runtime.main; `reasons` returns the wait reasons.
    """

    memory: Memory
    address: int
    length: int
    main: int
    reasons: Callable[[], Sequence[str]]

    def words(self, *offsets: int) -> list[int]:
        """Return the words at these offsets."""
        read = self.memory.read
        return [int.from_bytes(read(self.address + at, 8), "little") for at in offsets]

    def strings(self, step: int = _STRING, first: int = 0) -> list[str]:
        """Return `length` strings, whose headers lie `step` bytes apart. Raises `Unreadable`."""
        found = []
        for at in range(first, first + self.length * step, step):
            data, size = self.words(at, at + 8)
            if size > _MAX_NAME:
                raise Unreadable(data, size)
            found.append(self.memory.read(data, size).decode("latin-1") if size else "")
        return found


def _statuses(contents: Contents) -> int:
    names = contents.strings()
    return _STRING * len(names) if tuple(names[: len(_STATUSES)]) == _STATUSES else 0


def _reasons(contents: Contents) -> int:
    names = contents.strings()
    return _STRING * len(names) if not any(names[:1]) and set(names) >= _REASONS else 0


def _signals(contents: Contents) -> int:
    names = contents._replace(length=_SIGNALS).strings(_SIGTAB_ENTRY, _SIGTAB_NAME)
    return _SIGTAB_ENTRY * len(names) if tuple(names[: len(_FIRST)]) == _FIRST else 0


def _idle_reasons(contents: Contents) -> int:
    reasons = contents.reasons()
    flags = contents.memory.read(contents.address, len(reasons))
    by_name = dict(zip(reasons, flags, strict=True))
    is_right = set(flags) == {0, 1} and all(
        by_name.get(name, is_idle) == is_idle for name, is_idle in _IDLE.items()
    )
    return len(flags) if is_right else 0


def _version(contents: Contents) -> int:
    (version,) = contents._replace(length=1).strings()
    return _STRING if goversion.parse(version) else 0


def _main_func(contents: Contents) -> int:
    """Check a func value: it holds the entry of runtime.main."""
    return 8 if contents.words(0) == [contents.main] else 0


CONTENTS: Mapping[str, Callable[[Contents], int]] = {
    "runtime.gStatusStrings": _statuses,
    "runtime.waitReasonStrings": _reasons,
    "runtime.sigtable": _signals,
    "runtime.isIdleInSynctest": _idle_reasons,
    "runtime.mainPC": _main_func,
    "runtime.buildVersion": _version,
}
"""By variable: returns its size in bytes, 0 if it is something else. May raise `Unreadable`."""
