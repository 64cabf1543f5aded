"""Changes to the Python in a GDB, to make something fail there."""

from __future__ import annotations

from tests.support.session import Session

__all__ = ["lose_jinja", "run_lines"]


def run_lines(session: Session, *lines: str) -> None:
    """Execute lines of Python in GDB, where their names stay."""
    for line in lines:
        session.quietly(f"python {line}")


def lose_jinja(session: Session) -> None:
    """Make GDB's Python find neither Jinja2 nor the package that it needs."""
    run_lines(
        session,
        "import sys, gogdb.dependencies as needed",
        "lost = ('jinja2', 'markupsafe')",
        "find = lambda name: None if name in lost else name",
        "needed.PathFinder = type('Finder', (), {'find_spec': staticmethod(find)})",
    )
