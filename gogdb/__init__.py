"""gogdb: look into the runtime of a live Go program from inside GDB."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
