"""What the page shows, for its tests."""

from __future__ import annotations

from urllib.parse import parse_qsl

from playwright.sync_api import Page, expect

__all__ = ["BUSY", "address", "pause_clock", "shown"]

BUSY = 60_000  # ms, for an answer of the page: both processors may be busy
_LATER = 3600  # s after the clock was installed, more than a page takes to load


def pause_clock(page: Page) -> None:
    """Let the time of the page go on by `page.clock.run_for` alone."""
    page.clock.pause_at(_LATER)


def shown(page: Page) -> str:
    """Return the id of the only visible view, which the timeline and the URL name too."""
    (view,) = page.locator(".view:visible").all()
    name = view.get_attribute("id")
    assert name is not None
    current = page.locator("#stages [aria-current=step]")
    expect(current).to_have_count(1)
    expect(current).to_have_attribute("href", f"#{name}")
    assert address(page).get("stage", name) == name
    return name


def address(page: Page) -> dict[str, str]:
    """Return the values in the address of the page.

    Playwright learns a new address later than the page has it, and `page.url` may be the old one.
    """
    return dict(parse_qsl(str(page.evaluate("location.hash"))[1:]))
