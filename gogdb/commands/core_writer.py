"""Write a core in which goroutines are threads: a copy of GDB's core, or of one that GDB writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO

from gogdb.errors import GogdbError
from gogdb.files.output import open_output
from gogdb.files.sparse_copy import copy_sparse
from gogdb.files.target import find_target
from gogdb.gdbhost import core_file
from gogdb.gdbhost.generated_core import generated_core
from gogdb.gdbhost.open_files import files_in_use
from gogdb.inferior.arch import Arch
from gogdb.inferior.core_threads import AddedThread, CoreThreads, append_notes
from gogdb.inferior.elf import ElfFile
from gogdb.runtime.core_goroutines import CoreGoroutine, thread_base, thread_ids
from gogdb.view.gcore import CoreFile

__all__ = ["write_core"]


def write_core(path: str, goroutines: Sequence[CoreGoroutine], arch: Arch) -> CoreFile:
    """Write the core of this stop with these goroutines to `path`.

    What is at `path` is replaced when all is written, and stays as it is after an error. Raises
    `GogdbError`, in particular if GDB reads that very file.
    """
    with open_output(path, files_in_use) as file:
        if not isinstance(file, FileIO):
            raise GogdbError(f"cannot write a core to {path}", "name a file")
        with _core_of_this_stop(path) as core:
            threads = CoreThreads(core)
            base = thread_base(threads.lwps)
            ids = thread_ids([each.goid for each in goroutines], base)
            added = [_thread(*each, threads, arch) for each in zip(goroutines, ids, strict=True)]
            copy_sparse(core.fileno(), file.fileno())
            append_notes(file.fileno(), core, threads.with_threads(added))
        status = os.fstat(file.fileno())
    return CoreFile(path, len(threads.lwps), base, status.st_size, status.st_blocks * 512)


@contextmanager
def _core_of_this_stop(path: str) -> Iterator[ElfFile]:
    """Open GDB's core file, or one that it writes beside `path` for as long as it is needed."""
    if core := core_file.current():
        file = ElfFile.open(core.path, core=True)
        try:
            yield file
        finally:
            file.close()
        return
    with generated_core(os.path.dirname(find_target(path).path)) as file:
        yield file


def _thread(goroutine: CoreGoroutine, lwp: int, threads: CoreThreads, arch: Arch) -> AddedThread:
    values, thread = goroutine.registers
    like = thread.lwp if thread and thread.lwp in threads.lwps else None
    return AddedThread(lwp, goroutine.name, arch.gregset(values), like)
