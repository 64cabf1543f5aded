"""docs/new-go-release.md names files, modules and constants that exist."""

from __future__ import annotations

import re

import pytest

from gogdb.runtime import goversion
from gogdb.runtime.goversion import NEWEST_TESTED, GoVersion
from gogdb.runtime.symbols import RUNTIME_SYMBOLS
from tests.support.places import ROOT

PAGE = (ROOT / "docs/new-go-release.md").read_text(encoding="utf-8")
COMMANDS = "\n".join(re.findall(r"^ *```\n(.*?)```", PAGE, re.M | re.S))


def test_files_exist() -> None:
    packages = ("", "gogdb/")
    names = set(re.findall(r"`([\w./*]+/[\w./*]+)`", PAGE))
    assert len(names) > 10
    for name in names:
        assert any(list(ROOT.glob(f"{package}{name}".rstrip("/"))) for package in packages), name


def test_commands_name_modules_and_tests_that_exist() -> None:
    modules = re.findall(r"-m (tests\.[\w.]+)", COMMANDS)
    assert len(modules) >= 4
    for module in modules:
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
    for file in re.findall(r"pytest (\S+)", COMMANDS):
        assert (ROOT / file).is_file(), file


@pytest.mark.parametrize("target", re.findall(r"^ *make (\w+)$", COMMANDS, re.M))
def test_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)


def test_the_warning_is_the_real_one() -> None:
    next_release = GoVersion(NEWEST_TESTED.major, NEWEST_TESTED.minor + 1)
    assert f"warning: {goversion.support_notice(str(next_release))}\n" in PAGE


def test_names_in_goversion_exist() -> None:
    for name in ("NEWEST_TESTED", "OLDEST_SUPPORTED", "FIELD_CHANGES", "PCLNTAB_MAGICS"):
        assert f"`{name}`" in PAGE
        assert hasattr(goversion, name)
    assert "`older_name`" in PAGE
    assert "older_name" in RUNTIME_SYMBOLS[0]._fields
