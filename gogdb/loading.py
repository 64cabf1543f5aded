"""Load gogdb into GDB, for gdbinit.py and `import gogdb.load`.

What Python prints, GDB shows. The syntax here must be readable by old Pythons, so that they can
print an error.
"""

import os
import sys

import gogdb

__all__ = ["load"]


def load(wanted=""):
    # type: (str) -> None
    """Register the commands, and say in one line what is in the way.

    `wanted` is the directory of the copy that the user has named, "" if not known. If gogdb is
    loaded already, from another place, say from where.
    """
    try:
        _load(wanted)
    except Exception as error:  # any failure is reported in one line
        sys.stderr.write("gogdb: cannot load: %s\n" % error)


def _load(wanted):
    # type: (str) -> None
    if sys.version_info < (3, 11):  # noqa: UP036
        raise RuntimeError(
            "this GDB has Python %d.%d, and gogdb needs 3.11 or newer: "
            "`gogdb doctor` looks for another GDB" % sys.version_info[:2]
        )
    home = _home()
    import gogdb.commands
    import gogdb.dependencies
    from gogdb.errors import GogdbError

    if not gogdb.commands.register() and wanted != home:
        sys.stdout.write("gogdb %s is loaded already, from %s\n" % (gogdb.__version__, home))
    try:
        gogdb.dependencies.require()
    except GogdbError as error:
        sys.stderr.write("gogdb: %s\n" % error)


def _home():
    # type: () -> str
    """Return the absolute path of the directory or zip archive that gogdb is in.

    Modules are imported when they are first needed. If the archive is known by a relative path,
    Python would not find them any more after GDB's command `cd`.
    """
    home = os.path.dirname(gogdb.__path__[0])
    if os.path.isabs(home):
        return home
    absolute = os.path.abspath(home)
    sys.path[:] = [absolute if place == home else place for place in sys.path]
    gogdb.__path__[:] = [os.path.join(absolute, "gogdb")]
    return absolute
