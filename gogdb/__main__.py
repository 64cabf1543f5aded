"""`python -m gogdb` is `gogdb`."""

from __future__ import annotations

import sys

from gogdb.cli import main

sys.exit(main())
