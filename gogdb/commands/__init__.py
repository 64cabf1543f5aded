"""The only rooms that import gdb. Importing this one does not."""

from __future__ import annotations

__all__ = ["quit_with_walk_status", "register", "report_and_quit"]

_registered = False


def register() -> None:
    """Register gogdb's commands, functions and settings in the GDB that we are in; once."""
    global _registered
    if _registered:
        return
    from gogdb.commands import functions, registry
    from gogdb.gdbhost import parameters

    parameters.register()
    registry.register()
    functions.register()
    _registered = True


def quit_with_walk_status() -> None:
    """End GDB: status 0 after a whole walk all of whose claims held, otherwise 1."""
    from gogdb.commands import batch_exit

    batch_exit.quit_with_status()


def report_and_quit(path: str) -> None:
    """Walk the whole boot without showing it, write the report, end GDB with the walk's status."""
    from gogdb.commands import batch_exit

    batch_exit.report_and_quit(path)
