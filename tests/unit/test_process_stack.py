"""What the kernel left on the stack of a new program."""

from __future__ import annotations

import struct

from gogdb.boot.process_stack import read_process_arguments, without_environment_values
from gogdb.errors import Unreadable

SP = 0x7FFF_F000
STRINGS = 0x7FFF_FF00
END = 0x8000_0000  # nothing is mapped from here on


class Stack:
    """Words from `SP` up, and strings from `STRINGS` up to the end of the mapping."""

    def __init__(self, words: list[int], strings: bytes) -> None:
        self._data = struct.pack(f"<{len(words)}Q", *words).ljust(STRINGS - SP, b"\0")
        self._data = (self._data + strings).ljust(END - SP, b"\0")

    def read(self, address: int, size: int) -> bytes:
        if address < SP or address + size > END:
            raise Unreadable(address, size)
        return self._data[address - SP :][:size]


def test_arguments_environment_and_auxiliary_vector() -> None:
    strings = b"prog\0x\0A=1\0A=2\0B=\0nothing\0"
    argv = [STRINGS, STRINGS + 5]
    envp = [STRINGS + 7, STRINGS + 11, STRINGS + 15, STRINGS + 18]
    auxv = [9, 0x40_1000, 99, 7, 0, 0]
    process = read_process_arguments(Stack([2, *argv, 0, *envp, 0, *auxv], strings), SP)
    assert (process.sp, process.argc, process.argv_address) == (SP, 2, SP + 8)
    assert process.argv == ["prog", "x"]
    assert process.envp == ["A=1", "A=2", "B=", "nothing"]
    assert process.environment == {"A": "1", "B": ""}  # the first of two counts
    assert process.auxv == {"AT_ENTRY": 0x40_1000, "AT_99": 7}


def test_strings_at_the_end_of_the_mapping_and_beyond() -> None:
    strings = bytes(END - STRINGS - 4) + b"last"
    process = read_process_arguments(Stack([2, END - 4, END + 8, 0, 0], strings), SP)
    assert process.argv == ["last", ""]


def test_unreadable_stack() -> None:
    process = read_process_arguments(Stack([], b""), END)
    assert (process.argc, process.argv, process.envp, process.auxv) == (0, [], [], {})


def test_values_of_the_environment_are_hidden_and_the_arguments_kept() -> None:
    strings = b"prog\0-p=x\0A=secret=1\0=secret\0secret\0"
    argv, envp = [STRINGS, STRINGS + 5], [STRINGS + 10, STRINGS + 21, STRINGS + 29]
    process = read_process_arguments(Stack([2, *argv, 0, *envp, 0, 0, 0], strings), SP)
    shared = without_environment_values(process)
    assert shared.argv == ["prog", "-p=x"]
    assert shared.envp == ["A=…", "=…", "…"]
    assert shared.hidden_values
    assert process.envp == ["A=secret=1", "=secret", "secret"]
