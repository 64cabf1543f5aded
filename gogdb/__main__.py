"""Run the command `gogdb` as `python -m gogdb`."""

from __future__ import annotations

import sys

from gogdb.cli import main

sys.exit(main())
