"""Go version strings, and the supported range, which stands once in the project."""

from __future__ import annotations

import re

import pytest

from gogdb.runtime import goversion
from gogdb.runtime.goversion import (
    FIELD_CHANGES,
    NEWEST_TESTED,
    OLDEST_SUPPORTED,
    PCLNTAB_MAGICS,
    GoVersion,
)
from tests import toolchains
from tests.support.places import ROOT
from tests.support.walks import VERSIONS, load


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("go1.27.3", (1, 27)),
        ("go1.19", (1, 19)),
        ("go1.28rc1", (1, 28)),
        ("go1.27.3 X:nodwarf5", (1, 27)),
        ("devel go1.28-3f4ab1c Mon Nov 2 10:00:00 2026 +0000", (1, 28)),
        ("go2.0", (2, 0)),
        ("", None),
        ("devel +3f4ab1c", None),
        ("cargo1.28", None),
    ],
)
def test_parsing_a_version(text: str, release: GoVersion | None) -> None:
    assert goversion.parse(text) == release


def test_a_tested_release_needs_no_notice() -> None:
    for release in (OLDEST_SUPPORTED, GoVersion(1, 20), NEWEST_TESTED):
        assert goversion.support_notice(f"{release}.4") == ""


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("go1.28.1", "go1.28 is newer than go1.27, the newest Go that gogdb is tested with"),
        ("go2.0", "go2.0 is newer than go1.27, the newest Go that gogdb is tested with"),
        ("go1.18.10", "go1.18 is older than go1.19, the oldest Go that gogdb supports"),
        ("devel +a\n", r"gogdb cannot tell the Go release of this program from 'devel +a\n'"),
    ],
)
def test_the_notice_is_one_line(text: str, notice: str) -> None:
    assert goversion.support_notice(text) == notice


def test_the_range_is_that_of_the_test_matrix() -> None:
    tested = [goversion.parse(f"go{version}") for version in toolchains.GO]
    assert (tested[0], tested[-1]) == (OLDEST_SUPPORTED, NEWEST_TESTED)


def test_fixtures_are_built_for_the_oldest_supported_release() -> None:
    oldest = f"go {OLDEST_SUPPORTED.major}.{OLDEST_SUPPORTED.minor}\n"
    modules = list((ROOT / "fixtures").glob("*/go.mod"))
    assert modules
    assert all(oldest in module.read_text() for module in modules)


def test_no_other_file_of_the_package_holds_the_oldest_release() -> None:
    number = re.compile(rf"\({OLDEST_SUPPORTED.major}, {OLDEST_SUPPORTED.minor}\)")
    files = (ROOT / "gogdb").rglob("*.py")
    holders = [file.name for file in files if number.search(file.read_text(encoding="utf-8"))]
    assert holders == ["goversion.py"]


@pytest.mark.parametrize("version", VERSIONS)
def test_field_changes_are_those_of_recorded_programs(version: str) -> None:
    release = goversion.parse(f"go{version}")
    assert release is not None
    layouts = load(version).layouts
    for change in FIELD_CHANGES:
        struct = layouts.struct(change.struct)
        assert struct is not None
        assert (struct.find(change.path) is not None) == change.in_release(release), change


@pytest.mark.parametrize("version", VERSIONS)
def test_the_list_of_idle_ms(version: str) -> None:
    schedt = load(version).layouts.struct("runtime.schedt")
    assert schedt is not None
    assert goversion.idle_ms_are_manual_list(schedt) == (version == "1.27.3")


def test_the_p_that_an_m_has_left() -> None:
    assert goversion.left_p(p=0, oldp=0xC000012000) == 0xC000012000
    assert goversion.left_p(p=0xC000014000, oldp=0xC000012000) == 0


def test_pclntab_magics() -> None:
    assert {magic: goversion.pclntab_has_start_line(magic) for magic in PCLNTAB_MAGICS} == {
        0xFFFFFFF0: False,
        0xFFFFFFF1: True,
    }
