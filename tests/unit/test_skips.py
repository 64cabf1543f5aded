"""The line that says what the machine lacks for the tests that were skipped."""

from __future__ import annotations

import pytest

from tests.support.skips import closing_line

pytest_plugins = ("pytester",)

BROWSER = "Skipped: no chromium: apt install chromium"
COMPILER = "Skipped: no gcc: apt install gcc libc6-dev"
OTHER = "Skipped: this machine forbids to attach: kernel.yama.ptrace_scope"


@pytest.mark.parametrize(
    ("reasons", "line"),
    [
        ([], ""),
        ([BROWSER, BROWSER], "2 tests need: apt install chromium"),
        ([COMPILER, BROWSER], "2 tests need: apt install chromium gcc libc6-dev"),
        ([OTHER], "1 skipped for other reasons: pytest -rs lists them"),
        (
            [OTHER, BROWSER],
            "1 tests need: apt install chromium; "
            "1 skipped for other reasons: pytest -rs lists them",
        ),
    ],
)
def test_closing_line(reasons: list[str], line: str) -> None:
    assert closing_line(reasons) == line


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["here", "in a worker"])
def test_line_at_the_end(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    pytester.makeconftest('pytest_plugins = ("tests.support.skips",)')
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def browser():
            pytest.skip("no chromium: apt install chromium")

        def test_page(browser): pass

        def test_other_page(browser): pass

        def test_no_page(): pass
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)
    result.assert_outcomes(passed=1, skipped=2)
    *_, last, _ = filter(None, result.outlines)
    assert last == "not tested here: 2 tests need: apt install chromium"
