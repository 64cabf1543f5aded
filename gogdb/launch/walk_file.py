"""A file that `go-boot report FILE.json` wrote."""

from __future__ import annotations

import json
from pathlib import Path

from gogdb.errors import GogdbError

__all__ = ["DAMAGES", "read_json"]

DAMAGES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What may be raised where a document is made, or drawn, of a damaged file."""

_LONGEST = 256 << 20  # bytes of a recorded walk; one has less than 1 MB


def read_json(path: Path) -> object:
    """Return the value in a JSON file, None if it is not JSON. Raises `GogdbError`."""
    try:
        with path.open("rb") as file:
            return json.loads(file.read(_LONGEST))
    except OSError as error:
        raise GogdbError(f"cannot read {path}", error.strerror or "") from None
    except (ValueError, RecursionError):  # not JSON, not text, or nested too deeply
        return None
