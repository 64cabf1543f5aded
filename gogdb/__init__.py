"""gogdb: look into the runtime of a live Go program from inside GDB."""

# Like loading.py, this file must be readable by old Pythons.

__all__ = ["__version__"]

__version__ = "0.1.0"
