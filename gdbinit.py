"""`source` this file in GDB to load gogdb: from a checkout or an installed package.

It finds the package and what the package needs, and registers the commands. It
changes no setting of GDB, and does nothing the second time.

No newer syntax here than old Pythons read: they are to be told, not to choke.
"""

import os
import sys

import gdb


def _load_gogdb(script):
    if sys.version_info < (3, 11):  # noqa: UP036
        raise RuntimeError(
            "this GDB has Python %d.%d, and gogdb needs 3.11 or newer: "
            "`gogdb doctor` looks for another GDB" % sys.version_info[:2]
        )
    here = os.path.dirname(os.path.realpath(script))
    # Beside the package in a checkout, inside it when installed.
    home = here if os.path.isdir(os.path.join(here, "gogdb")) else os.path.dirname(here)
    sys.path.insert(0, home)
    try:
        import gogdb.commands
        import gogdb.dependencies
    finally:
        sys.path.remove(home)  # an imported package finds its own modules
    gogdb.commands.register()
    try:
        gogdb.dependencies.require()
    except gogdb.errors.GogdbError as error:
        gdb.write("gogdb: %s\n" % error, gdb.STDERR)


try:
    # The code knows where it came from; __file__ is another script's when that one sources this.
    _load_gogdb(_load_gogdb.__code__.co_filename)
except Exception as error:  # people get one line, whatever happened
    gdb.write("gogdb: cannot load: %s\n" % error, gdb.STDERR)
finally:
    del _load_gogdb
