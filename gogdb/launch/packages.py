"""Packages that only some subcommands need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gogdb.errors import GogdbError

__all__ = ["required"]


@contextmanager
def required(distribution: str = "") -> Iterator[None]:
    """Raise `GogdbError` if an import in the block fails.

    It says to install `distribution`, by default the package that is missing.
    """
    try:
        yield
    except ImportError as error:
        remedy = f"run `pip install {distribution or error.name}`"
        raise GogdbError(f"no Python package {error.name}", remedy) from None
