"""Import this module in GDB to load gogdb, from a directory or a zip archive on `sys.path`."""

from gogdb.loading import load

__all__ = []

load()
