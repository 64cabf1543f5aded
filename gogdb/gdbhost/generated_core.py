"""A core of the process that GDB has stopped, written by GDB's gcore; the process can go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import gdb

from gogdb.errors import GogdbError
from gogdb.files.target import write_errors
from gogdb.gdbhost import process
from gogdb.gdbhost.gdb_text import execute
from gogdb.inferior.elf import ElfFile

__all__ = ["generated_core"]


@contextmanager
def generated_core(directory: str) -> Iterator[ElfFile]:
    """Write a core into a directory, where it is as long as the `with` lasts.

    Raises `GogdbError` if GDB cannot write it.
    """
    name = f".gogdb-{os.urandom(8).hex()}"
    with write_errors(f"a core into {directory}"):
        at = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        # through the descriptor: GDB would read quotes, blanks and newlines in the path
        yield _generate(f"/proc/self/fd/{at}/{name}")
    finally:
        with suppress(FileNotFoundError):  # GDB removes what it could not write
            os.unlink(name, dir_fd=at)
        os.close(at)


def _generate(path: str) -> ElfFile:
    try:
        execute(f"generate-core-file {path}")
    except gdb.error as error:
        process.check(error)
        raise GogdbError("GDB could not write a core", f"{error}".rstrip(".")) from None
    return ElfFile.open(path, core=True, name="the core that GDB has written")
