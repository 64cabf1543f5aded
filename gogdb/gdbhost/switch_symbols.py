"""The functions that lead from stack to stack, as symbols that GDB has."""

from __future__ import annotations

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.selected_frame import keep_frame
from gogdb.gdbhost.temporary_file import objfile_path, temporary_file
from gogdb.inferior.arch import Arch
from gogdb.inferior.stack_switch import switch_file

__all__ = ["load_switch"]

_path = ""


def load_switch(arch: Arch) -> None:
    """Let GDB read them, unless it still has them (`file` drops them). Raises `GogdbError`."""
    global _path
    if _path in map(objfile_path, gdb.objfiles()):
        return
    path = temporary_file(switch_file(arch))
    try:
        with keep_frame():
            gdb.execute(f"add-symbol-file {path}", to_string=True)
    except gdb.error as error:
        raise GogdbError("GDB cannot read the symbols", str(error)) from None
    _path = path
