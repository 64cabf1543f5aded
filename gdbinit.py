"""`source` this file in GDB to load gogdb: from a checkout or an installed package.

It finds the package and its dependencies, and registers the commands. It changes no
setting of GDB, and sourcing it again has no effect; from another copy, it says which is loaded.

The syntax here must be readable by old Pythons, so that they can print an error.
"""

import os
import sys

import gdb


def _load_gogdb(script):
    here = os.path.dirname(os.path.realpath(script))
    # In a checkout this file is beside the package, in an installation inside it.
    home = here if os.path.isdir(os.path.join(here, "gogdb")) else os.path.dirname(here)
    sys.path.insert(0, home)
    try:
        import gogdb.loading
    finally:
        sys.path.remove(home)  # a package that is imported finds its modules without it
    gogdb.loading.load(home)


try:
    # Not __file__: if another script sources this one, it is the path of that script.
    _load_gogdb(_load_gogdb.__code__.co_filename)
except Exception as error:  # any failure is reported in one line
    gdb.write("gogdb: cannot load: %s\n" % error, gdb.STDERR)
finally:
    del _load_gogdb
