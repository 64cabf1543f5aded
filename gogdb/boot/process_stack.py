"""What the kernel leaves on a new program's stack: argc, argv, envp and the auxiliary vector.

Layout: the System V ABI for AMD64, 3.4.1 "Initial Stack and Register State".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gogdb.errors import Unreadable
from gogdb.inferior.memory import Memory

__all__ = ["ProcessArguments", "read_process_arguments", "without_environment_values"]

MAX_STRINGS = 4096  # of argv and envp each
MAX_STRING_SIZE = 4096  # bytes
MAX_AUXV = 64  # entries
PAGE = 4096

# elf.h
AUXV = {
    3: "AT_PHDR",
    4: "AT_PHENT",
    5: "AT_PHNUM",
    6: "AT_PAGESZ",
    7: "AT_BASE",
    8: "AT_FLAGS",
    9: "AT_ENTRY",
    11: "AT_UID",
    12: "AT_EUID",
    13: "AT_GID",
    14: "AT_EGID",
    15: "AT_PLATFORM",
    16: "AT_HWCAP",
    17: "AT_CLKTCK",
    23: "AT_SECURE",
    25: "AT_RANDOM",
    26: "AT_HWCAP2",
    31: "AT_EXECFN",
    33: "AT_SYSINFO_EHDR",
    51: "AT_MINSIGSTKSZ",
}


@dataclass(frozen=True)
class ProcessArguments:
    """What the stack held at the entry point, from `sp`, the address of argc, upward.

    `hidden_values`: whether `envp` has the names of the variables only.
    """

    sp: int
    argc: int
    argv: Sequence[str]
    envp: Sequence[str]
    auxv: Mapping[str, int]
    hidden_values: bool = False

    @property
    def argv_address(self) -> int:
        """The address of the first pointer of argv."""
        return self.sp + 8

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables by name."""
        # The first of several wins, as in runtime.gogetenv
        pairs = _partitioned(self.envp[::-1])
        return {name: value for name, equals, value in pairs if equals}


def without_environment_values(process: ProcessArguments) -> ProcessArguments:
    """Return the same with "…" for the value of each environment variable: it may be a secret."""
    names = [f"{name}=…" if equals else "…" for name, equals, _ in _partitioned(process.envp)]
    return replace(process, envp=names, hidden_values=True)


def _partitioned(envp: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return (entry.partition("=") for entry in envp)


def read_process_arguments(memory: Memory, sp: int) -> ProcessArguments:
    """Read the stack from `sp` at the entry point upward; lists end where they cannot be read."""
    words = _Words(memory, sp)
    argc = words.next()
    argv = [_string(memory, word) for word in words.until_nil()]
    envp = [_string(memory, word) for word in words.until_nil()]
    auxv: dict[str, int] = {}
    for _ in range(MAX_AUXV):
        key, value = words.next(), words.next()
        if key == 0:
            break
        auxv[AUXV.get(key, f"AT_{key}")] = value
    return ProcessArguments(sp, argc, argv, envp, auxv)


class _Words:
    """Reads the 8-byte words of memory one after the other."""

    def __init__(self, memory: Memory, address: int) -> None:
        self._memory = memory
        self._address = address

    def next(self) -> int:
        """Return the next word; 0, which ends every list here, if it cannot be read."""
        try:
            data = self._memory.read(self._address, 8)
        except Unreadable:
            return 0
        self._address += 8
        return int.from_bytes(data, "little")

    def until_nil(self) -> list[int]:
        """Return the words up to the next nil, which is skipped."""
        words: list[int] = []
        while len(words) < MAX_STRINGS and (word := self.next()):
            words.append(word)
        return words


def _string(memory: Memory, address: int) -> str:
    """Return the C string at `address`, read page by page: the mapping may end after its page."""
    data = b""
    while len(data) < MAX_STRING_SIZE and b"\0" not in data:
        start = address + len(data)
        try:
            data += memory.read(start, PAGE - start % PAGE)
        except Unreadable:
            break
    return data.split(b"\0")[0].decode("utf-8", "replace")
