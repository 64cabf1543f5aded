"""The atlas of several Go releases in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from gogdb.boot.stages import STAGES
from gogdb.i18n import LANGUAGES
from gogdb.view.narration import narration
from tests.page.conftest import Visit
from tests.page.views import address, shown
from tests.support.atlases import atlas_of, atlas_page, recorded

RELEASES = ("1.19", "1.23", "1.27")
SIZES = {
    "phone": (390, 844),
    "tablet": (768, 1024),
    "laptop": (1366, 768),
    "projector": (1920, 1080),
}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("atlas") / "atlas.html"
    path.write_text(atlas_page(), encoding="utf-8")
    return path


def opened(visit: Visit, atlas: Path, where: str = "", **options: object) -> Page:
    """Open the atlas and wait until the cards of all releases are unpacked."""
    page = visit(atlas, where, **options)
    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    return page


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Go release")


def card(page: Page) -> Locator:
    return page.locator(".stage:visible .card")


def test_it_opens_with_all_stages_and_releases(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas)
    assert shown(page) == "start"
    expect(page.locator("#start .narration")).to_contain_text("from go1.19.8 to go1.27.3")
    expect(page.locator(".overview tbody tr")).to_have_count(len(STAGES))
    cell = page.locator('.overview a[href="#gogo-sp"]').last
    expect(cell).to_have_accessible_name("1.27: behaves differently")
    page.locator('.overview a[href="#g0-stack"]').nth(1).click()
    assert address(page) == {"stage": "g0-stack", "go": "1.23"}
    expect(card(page)).to_contain_text("g0 has the whole 64 KiB")
    expect(slider(page)).to_have_value("1")


def test_slider_by_keyboard(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas, "#stage=gogo-sp")
    expect(slider(page)).to_have_attribute("aria-valuetext", "go1.27.3")
    slider(page).focus()
    page.keyboard.press("ArrowLeft")
    expect(slider(page)).to_have_attribute("aria-valuetext", "go1.23.9")
    expect(page.locator("#release-name")).to_have_text("go1.23.9")
    expect(card(page)).to_contain_text("Nothing that is compared here differs from go1.19.")
    expect(card(page).locator("pre.go-asm .here")).to_contain_text("gobuf_ret(BX)")
    page.keyboard.press("Home")
    assert address(page) == {"stage": "gogo-sp", "go": "1.19"}
    expect(page.locator("#gogo-sp .row [aria-current]")).to_contain_text("1.19")
    page.keyboard.press("End")
    assert address(page)["go"] == "1.27"
    expect(card(page)).to_contain_text("gobuf has no field ret any more")
    assert shown(page) == "gogo-sp"  # the keys of a slider do not step


def test_release_stays_from_stage_to_stage(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas, "#stage=entry&go=1.19")
    for stage in STAGES[1:]:
        page.keyboard.press("ArrowRight")
        assert shown(page) == stage.id
        expect(page.locator(f"#{stage.id} .of-release")).to_have_text("go1.19.8")
        expect(card(page)).to_have_attribute("data-release", "0")
        expect(card(page).locator("svg").first).to_be_visible()
    page.keyboard.press("Home")
    assert shown(page) == "start"


def test_link_and_back(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas, "#stage=procresize&go=1.23&lang=zh&theme=dark")
    expect(slider_in(page, "zh")).to_have_value("1")
    title = page.locator("#procresize h2")
    expect(title).to_have_text(narration("zh").title("procresize"), use_inner_text=True)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator("#procresize .row a").last.click()
    expect(card(page)).to_contain_text("m0.locks 的改变现在是 0 → 16")
    page.keyboard.press("ArrowRight")
    assert address(page) == {"stage": "newproc", "go": "1.27", "lang": "zh", "theme": "dark"}
    page.go_back()
    page.go_back()
    assert address(page)["go"] == "1.23"
    expect(slider_in(page, "zh")).to_have_value("1")
    expect(card(page)).to_have_attribute("data-release", "1")
    page.go_forward()
    expect(slider_in(page, "zh")).to_have_value("2")


def slider_in(page: Page, language: str) -> Locator:
    return page.get_by_role("slider", name={"en": "Go release", "zh": "Go 版本"}[language])


def test_address_of_a_release_that_is_not_there(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas, "#stage=gogo&go=<img src=x onerror=alert(1)>")
    expect(slider(page)).to_have_value("2")
    assert page.locator("img").count() == 0
    page.evaluate("location.hash = '#stage=gogo&go=1.25'")
    expect(page.locator(".missing:visible")).to_have_text(
        "The link asks for 1.25, which is not on this page; it shows instead 1.27",
        use_inner_text=True,
    )
    page.evaluate("location.hash = '#stage=gogo&go=1.23'")
    expect(page.locator(".missing:visible")).to_have_count(0)


def test_atlas_of_one_release(visit: Visit, tmp_path: Path) -> None:
    path = tmp_path / "one.html"
    path.write_text(atlas_of([recorded("1.27.3")]), encoding="utf-8")
    page = opened(visit, path)
    expect(page.locator("#start .notice")).to_contain_text("This atlas has only one release")
    page.keyboard.press("d")
    assert shown(page) == "releases"
    expect(page.locator("#releases .notice")).to_contain_text("gogdb atlas -o FILE.html")


def test_language_of_a_card_that_was_unpacked(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas, "#stage=schedule&go=1.19")
    expect(card(page)).to_have_attribute("data-release", "0")
    page.get_by_role("button", name="中文").click()
    expect(card(page).locator('[lang="en"]:visible')).to_have_count(0)
    expect(page.get_by_role("img", name="谁与谁绑定")).to_be_visible()
    slider_in(page, "zh").focus()
    page.keyboard.press("ArrowRight")
    expect(card(page)).to_have_attribute("data-release", "1")
    expect(card(page).locator('[lang="en"]:visible')).to_have_count(0)
    expect(page.get_by_role("img", name="谁与谁绑定")).to_be_visible()


def test_what_each_release_changed(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas, "#stage=releases")
    sections = page.locator("#releases > section")
    expect(sections).to_have_count(2)
    expect(sections.last).to_contain_text("The struct runtime.g grew by 24 bytes")
    sections.last.locator("summary").click()
    expect(sections.last.locator("details")).to_contain_text("sched.ret")
    sections.last.locator('a[href="#mstart"]').click()
    assert address(page) == {"stage": "mstart", "go": "1.27"}
    expect(card(page)).to_contain_text("mstart sets BP to 0 itself")


def test_terms_and_instructions_of_an_unpacked_card(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas, "#stage=gogo-sp&go=1.19")
    expect(card(page)).to_have_attribute("data-release", "0")
    card(page).locator('[lang="en"] .term').first.hover()
    expect(page.locator("#tip")).to_be_visible()
    here = card(page).locator("pre.att .here")
    here.focus()
    expect(here).to_have_class(re.compile("lit"))
    page.keyboard.press("ArrowUp")
    expect(here).not_to_be_focused()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_no_horizontal_scrolling(visit: Visit, atlas: Path, size: tuple[int, int]) -> None:
    view = {"width": size[0], "height": size[1]}
    page = opened(visit, atlas, viewport=view)
    for lang in LANGUAGES:
        for where in ("start", "releases", "glossary", "rt0-go", "mcommoninit", "gogo-sp"):
            page.evaluate(f"location.hash = '#stage={where}&go=1.23&lang={lang}'")
            expect(page.locator(f"#{where}")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], where
            expect(slider_in(page, lang)).to_be_in_viewport()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_by_axe(visit: Visit, atlas: Path, theme: str, lang: str) -> None:
    for where in ("start", "releases", "gogo-sp"):
        where = f"#stage={where}&go=1.23&lang={lang}"
        page = opened(visit, atlas, where, color_scheme=theme)
        page.evaluate(
            "() => document.querySelectorAll('.view[hidden]').forEach((v) => v.replaceChildren())"
        )
        result = Axe().run(page, options={"resultTypes": ["violations"]})
        assert result.violations_count == 0, result.generate_report()


def test_print_gives_a_digest_and_all_on_demand(visit: Visit, atlas: Path) -> None:
    page = opened(visit, atlas, "#stage=gogo&go=1.19")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 4
    page.emulate_media(media="print")
    for part in (".overview", ".sizes", "#releases"):
        expect(page.locator(part)).to_be_visible()
    for rest in ("#stages", "#release", "#theme", "#glossary", ".stage:visible"):
        expect(page.locator(rest)).not_to_be_visible()
    page.evaluate("() => { window.print = () => dispatchEvent(new Event('beforeprint')); }")
    page.locator("#print-all").dispatch_event("click")
    expect(page.locator(".stage:visible")).to_have_count(len(STAGES))
    # and each in the release that is chosen, also the stages that were not shown yet
    expect(page.locator('.card[data-release="0"]')).to_have_count(len(STAGES))


def test_without_scripts(visit: Visit, atlas: Path) -> None:
    """The newest release is shown, and what all releases changed."""
    page = visit(atlas, java_script_enabled=False)
    expect(page.locator(".stage:visible")).to_have_count(len(STAGES))
    expect(page.locator("#gogo-sp .card")).to_contain_text("gobuf has no field ret any more")
    expect(page.locator("#releases")).to_contain_text("g0 has the whole 64 KiB")


def test_a_browser_that_cannot_unpack(visit: Visit, atlas: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.html"
    text = atlas.read_text(encoding="utf-8").replace('"DecompressionStream" in window', "false")
    path.write_text(re.sub(r"; script-src 'sha256-[^']*'", "; script-src 'unsafe-inline'", text))
    page = visit(path, "#stage=gogo-sp")
    expect(page.locator("#unable")).to_be_visible()
    expect(slider(page)).to_be_disabled()
    expect(card(page)).to_contain_text("gobuf has no field ret any more")
