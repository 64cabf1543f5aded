"""Files of the package other than modules: texts, tables, templates.

The package may be in a zip archive, so its loader reads them. importlib.resources would, too, but
imports some forty modules.
"""

from __future__ import annotations

from pkgutil import get_data

__all__ = ["read_text"]


def read_text(package: str, name: str) -> str:
    """Return the text of a file in the directory of a package; `name` may have a "/" in it."""
    content = get_data(package, name)
    assert content is not None, f"the loader of {package} reads no files"
    return content.decode("utf-8")
