"""Files of the package are read by its loader: gogdb may be in a zip archive."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gogdb
from gogdb import i18n
from gogdb.resources import read_text

PACKAGE = Path(gogdb.__file__).parent
# They look for what is beside the package, or pack it
NAME_THEIR_OWN_PLACE = {"dependencies.py", "launch/paths.py", "launch/bundle.py"}


def names_in(file: Path) -> set[str]:
    """Return the names that a file uses, also those of attributes."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_no_module_looks_for_files_beside_itself() -> None:
    """What is `open`ed by a path below `__file__` would not be found in an archive."""
    users = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if names_in(file) & {"__file__", "getfile", "getsourcefile", "FileSystemLoader"}
    }
    assert users == NAME_THEIR_OWN_PLACE


def test_a_text_is_read() -> None:
    text = (PACKAGE / "i18n/zh/help.toml").read_text(encoding="utf-8")
    assert read_text("gogdb.i18n", "zh/help.toml") == text


def test_a_text_that_is_missing() -> None:
    with pytest.raises(FileNotFoundError):
        read_text("gogdb.i18n", "zh/nothing.toml")


def test_the_files_of_labels_are_listed() -> None:
    """Add the name of a new one to `_LABELS`."""
    for directory in (PACKAGE / "i18n").glob("*/labels"):
        assert {file.stem for file in directory.iterdir()} == set(i18n._LABELS)
