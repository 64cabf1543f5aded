"""The address of the page holds its stage, comparison, language and theme."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from gogdb.view.narration import narration
from tests.page.conftest import Visit
from tests.page.views import address, shown
from tests.support.reports import page as html_page
from tests.support.reports import records


def test_a_link_to_a_stage(visit: Visit, report: Path) -> None:
    page = visit(report, "#gogo-sp")
    assert shown(page) == "gogo-sp"
    assert page.evaluate("scrollY") == 0
    page.evaluate("location.hash = '#malg'")
    expect(page.locator("#malg")).to_be_visible()
    assert shown(page) == "malg"


def test_choice_of_the_language(visit: Visit, report: Path) -> None:
    page = visit(report, "#gogo-sp")
    page.get_by_role("button", name="中文").click()
    assert page.evaluate("document.documentElement.lang") == "zh"
    title = page.locator("h2:visible")
    expect(title).to_have_text(narration("zh").title("gogo-sp"), use_inner_text=True)
    expect(page.locator('[lang="en"]:not(button):visible')).to_have_count(0)
    assert page.title() == "Go 程序是怎样启动的"
    expect(page.get_by_role("img", name="谁与谁绑定")).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_accessible_name("阶段")
    page.reload()  # the choice is in the address
    expect(title).to_have_text(narration("zh").title("gogo-sp"), use_inner_text=True)
    page.get_by_role("button", name="English").click()
    expect(title).to_have_text(narration("en").title("gogo-sp"), use_inner_text=True)
    expect(page.locator('[lang="zh"]:not(.always):visible')).to_have_count(0)
    assert page.title() == "How a Go program boots"


def test_page_opens_in_the_language_it_was_written_in(
    visit: Visit, report: Path, tmp_path: Path
) -> None:
    assert visit(report, locale="zh-CN").evaluate("document.documentElement.lang") == "en"
    chinese = tmp_path / "boot.zh.html"
    chinese.write_text(html_page(records("1.27.3"), languages=("zh", "en")), encoding="utf-8")
    page = visit(chinese, "#stage=gogo-sp", locale="en-US")
    assert page.evaluate("document.documentElement.lang") == "zh"
    title = page.locator("h2:visible")
    expect(title).to_have_text(narration("zh").title("gogo-sp"), use_inner_text=True)
    page.get_by_role("button", name="English").click()
    expect(title).to_have_text(narration("en").title("gogo-sp"), use_inner_text=True)
    assert page.title() == "How a Go program boots"
    page.get_by_role("button", name="中文").click()
    assert page.title() == "Go 程序是怎样启动的"


def test_a_permalink_is_honoured_and_kept(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=gogo-sp&diff=newproc&lang=zh&theme=dark", color_scheme="light")
    expect(page.locator("#diff")).to_be_visible()
    assert page.locator("#from").input_value() == "newproc"
    assert page.locator("#to").input_value() == "gogo-sp"
    assert page.evaluate("document.documentElement.lang") == "zh"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator('#stages a[href="#malg"]').click()
    assert shown(page) == "malg"
    assert address(page) == {"stage": "malg", "lang": "zh", "theme": "dark"}
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    assert address(page) == {"stage": "malg", "lang": "zh", "theme": "dark"}
    assert page.evaluate("document.activeElement.id") == "main"


def test_back_and_forward(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=gogo")
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="中文").click()
    page.locator("#theme").click()
    page.locator('#stages a[href="#diff"]').click()
    page.locator("#from").select_option("newproc")
    assert address(page)["diff"] == "newproc"
    page.go_back()
    assert page.locator("#from").input_value() == "newproc"  # the form keeps what was chosen
    page.go_back()
    assert shown(page) == "gogo-sp"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.go_back()
    assert page.evaluate("document.documentElement.dataset.theme") is None
    assert page.evaluate("document.documentElement.lang") == "zh"
    page.go_back()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.go_back()
    assert shown(page) == "gogo"
    page.go_forward()
    assert shown(page) == "gogo-sp"


def test_an_address_that_names_nothing(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=nothing&lang=xx&theme=pink&diff=")
    expect(page.locator(".view:visible")).to_have_count(1)
    assert page.evaluate("document.documentElement.lang") == "en"
    page.keyboard.press("End")
    assert shown(page) == "add"


def test_choice_of_the_theme(visit: Visit, report: Path) -> None:
    def ground(page: Page) -> str:
        return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))

    light = ground(visit(report, color_scheme="light"))
    page = visit(report, color_scheme="dark")
    dark = ground(page)
    assert light != dark
    page.locator("#theme").click()
    assert ground(page) == light
    page.reload()
    assert ground(page) == light
    page.locator("#theme").click()
    assert ground(page) == dark


def test_a_link_to_what_is_not_there_is_told(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=nonsense")
    missing = page.locator(".missing:visible")
    said = "The link asks for {}, which is not on this page; it shows instead {}"
    expect(missing).to_have_text(said.format("nonsense", "start"), use_inner_text=True)
    page.evaluate("location.hash = '#stage=gogo&diff=none'")
    expect(missing).to_have_text(said.format("none", "entry"), use_inner_text=True)
    page.evaluate("location.hash = '#stage=gogo'")
    expect(missing).to_have_count(0)


def test_a_stage_is_named_by_its_number_too(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=24")
    expect(page.locator("#gogo-sp")).to_be_visible()
    expect(page.locator(".missing:visible")).to_have_count(0)
    page.evaluate("location.hash = '#13'")
    expect(page.locator("#newproc")).to_be_visible()
    page.keyboard.press("ArrowRight")
    assert shown(page) == "malg"
    page.evaluate("location.hash = '#stage=24&diff=13'")
    assert page.locator("#from").input_value() == "newproc"
    assert page.locator("#to").input_value() == "gogo-sp"
    page.evaluate("location.hash = '#stage=29'")
    expect(page.locator(".missing:visible .asked")).to_have_text("29")


def test_escape_closes_the_comparison(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=malg")
    page.keyboard.press("d")
    assert shown(page) == "diff"
    page.locator("#from").select_option("newproc")
    page.keyboard.press("Escape")
    assert shown(page) == "malg"
    assert address(page) == {"stage": "malg"}
    page = visit(report, "#stage=gogo-sp&diff=newproc")
    page.keyboard.press("Escape")
    assert shown(page) == "gogo-sp"
