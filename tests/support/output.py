"""Take apart what GDB prints."""

from __future__ import annotations

import re

from tests.support.session import Session

__all__ = ["error_line", "number", "printed"]


def error_line(output: str) -> str:
    """Return an error message without its newline; it must be one line and no Python error."""
    assert output.endswith("\n"), repr(output)
    assert output.count("\n") == 1, output
    for leak in ("Traceback", "Python Exception", "Error occurred", "Error:", "errno", "\x1b"):
        assert leak not in output
    return output.rstrip("\n")


def printed(session: Session, expression: str) -> str:
    """Return the value that `p` prints, without its number in the value history."""
    output = session.run(f"p {expression}")
    return re.sub(r"^\$\d+ = ", "", output).removesuffix("\n")


def number(session: Session, expression: str) -> int:
    """Return the value of an expression whose type is a number or a pointer."""
    return int(re.sub(r"^\([^)]*\) ", "", printed(session, f"/x {expression}")), 16)
