"""Run the command `gogdb` as `python -m gogdb`, or as `python3 gogdb.zip`.

The syntax here must be readable by old Pythons, so that they can print an error.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("gogdb: this is Python %d.%d, and gogdb needs 3.11 or newer" % sys.version_info[:2])

from gogdb.cli import main

sys.exit(main())
