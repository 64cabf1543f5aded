"""The report in a real browser, by mouse, by keyboard and by screen reader."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gogdb.boot.changes import compare
from gogdb.boot.stages import STAGES
from gogdb.i18n import LANGUAGES
from gogdb.view.narration import narration
from tests.page.conftest import Visit
from tests.page.views import address, pause_clock, shown
from tests.support.recorded_rounds import recorded_round
from tests.support.reports import records

PHONE, LAPTOP, PROJECTOR = (390, 844), (1366, 768), (1920, 1080)


def test_every_stage_by_click(visit: Visit, report: Path) -> None:
    page = visit(report)
    for stage in reversed(STAGES):
        page.locator(f'#stages a[href="#{stage.id}"]').click()
        assert shown(page) == stage.id
        expect(page.locator("h2:visible")).to_have_text(
            narration("en").title(stage.id), use_inner_text=True
        )


def test_every_stage_by_keyboard(visit: Visit, report: Path) -> None:
    page = visit(report)
    ids = [shown(page)]
    for _ in STAGES:
        page.keyboard.press("ArrowRight")
        ids.append(shown(page))
    assert ids == ["start", *(stage.id for stage in STAGES)]
    page.keyboard.press("ArrowRight")  # it is the last one
    assert shown(page) == "add"
    page.keyboard.press("ArrowLeft")
    assert shown(page) == "main-main"
    page.keyboard.press("Home")
    assert shown(page) == "start"
    page.keyboard.press("End")
    assert shown(page) == "add"


def test_by_tab_and_enter(visit: Visit, report: Path) -> None:
    """The skip link comes first, and the focus is visible on links and buttons."""
    page = visit(report)
    page.keyboard.press("Tab")
    if not page.evaluate("document.hasFocus()"):  # the first one may go to the browser's window
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    link = page.locator('#stages a[href="#gogo"]')
    link.focus()
    page.keyboard.press("Enter")
    assert shown(page) == "gogo"
    page.locator("#on").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")  # only a focus by keyboard is visible
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    assert shown(page) == "gogo-sp"


def test_tab_stops_once_in_the_list_of_stages(visit: Visit, report: Path) -> None:
    """And where it stops, the focus is visible; the arrows lead through the list."""
    page = visit(report, "#stage=gogo")
    stops = page.locator("#stages a:not([tabindex='-1'])")
    hrefs = [link.get_attribute("href") for link in stops.all()]
    assert hrefs == ["#start", "#gogo", "#summary", "#diff", "#glossary"]
    stops.nth(1).focus()
    page.keyboard.press("ArrowDown")
    following = page.locator('#stages a[href="#gogo-sp"]')
    expect(following).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert shown(page) == "gogo-sp"


def test_keys_lead_to_what_is_not_a_stage(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=gogo")
    for key, view in (("s", "summary"), ("d", "diff"), ("g", "glossary")):
        page.keyboard.press(key)
        assert shown(page) == view
        entry = page.locator(f'#stages a[href="#{view}"]')
        expect(entry).to_have_attribute("aria-keyshortcuts", key)


def test_list_closes_over_the_page_when_something_was_chosen(visit: Visit, report: Path) -> None:
    page = visit(report, viewport={"width": LAPTOP[0], "height": LAPTOP[1]})
    stages = page.locator("#stages")

    def width() -> float:
        box = stages.bounding_box()
        assert box
        return box["width"]

    folded = width()
    stages.hover()
    assert width() > folded
    page.locator('#stages a[href="#diff"]').click()
    assert shown(page) == "diff"
    assert width() == folded
    page.locator("h2:visible").hover()
    stages.hover()
    assert width() > folded


def test_screen_reader(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=entry")
    page.keyboard.press("ArrowRight")
    title = narration("en").title("rt0-go")
    expect(page.locator("[aria-live=polite]")).to_have_text(f"2/28: {title}")
    for landmark in ("banner", "navigation", "main"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    pictures = page.get_by_role("img")
    assert pictures.count() >= 3
    expect(page.get_by_role("img", name="Who is bound to whom")).to_be_visible()


def test_play_and_pause(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=entry")
    pause_clock(page)
    play = page.locator("#play")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    page.clock.run_for(11_000)
    assert shown(page) == STAGES[2].id
    page.keyboard.press("p")
    expect(play).to_have_attribute("aria-pressed", "false")
    page.clock.run_for(60_000)
    assert shown(page) == STAGES[2].id
    page.keyboard.press("p")
    page.clock.run_for(28 * 5_000)
    assert shown(page) == "add"
    expect(play).to_have_attribute("aria-pressed", "false")  # it stops at the end
    expect(play).to_have_accessible_name("Replay")
    play.click()
    assert shown(page) == "entry"  # it starts at the beginning
    expect(play).to_have_accessible_name("Play")


def test_play_stops_at_a_question(visit: Visit, report: Path) -> None:
    page = visit(report, "#predict=on")
    pause_clock(page)
    asking = page.locator(".stage.asks").first
    name, play = asking.get_attribute("id"), page.locator("#play")
    play.click()
    page.clock.run_for(60_000)
    assert shown(page) == name
    expect(play).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("p")  # leads to the question
    expect(asking.locator(".predict :focus")).to_have_count(1)
    page.clock.run_for(60_000)
    assert shown(page) == name
    asking.locator(".reveal summary").click()
    page.locator("h2:visible").click()
    page.keyboard.press("p")
    page.clock.run_for(5_500)
    assert shown(page) != name


def test_speed_of_the_play(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=entry")
    pause_clock(page)
    page.locator("#speed").select_option("2")  # seconds
    page.locator("#play").click()
    page.clock.run_for(4_500)
    assert shown(page) == STAGES[2].id
    page.locator("#speed").select_option("10")
    page.clock.run_for(9_000)
    assert shown(page) == STAGES[2].id
    page.clock.run_for(2_000)
    assert shown(page) == STAGES[3].id


def test_registers_move(visit: Visit, report: Path) -> None:
    """At the switch of stacks the mark of rsp moves from one to the other, animated."""
    page = visit(report, "#gogo", reduced_motion="no-preference")
    place = "e => e.getBoundingClientRect().top - e.closest('.walk').getBoundingClientRect().top"
    rsp = page.locator(".view:visible .walk [data-mark=rsp]")
    before = rsp.evaluate(place)
    page.evaluate(
        "() => { window.moved = {}; Element.prototype.animate = function (frames) {"
        " window.moved[this.dataset.mark] = frames[0].transform; }; }"
    )
    page.keyboard.press("ArrowRight")
    moved = page.evaluate("window.moved")
    assert set(moved) == {"rsp", "g1.sched.sp"}  # it makes room; rbp stays
    y = float(moved["rsp"].partition(", ")[2].removesuffix("px)"))
    scale = rsp.evaluate("e => e.getBoundingClientRect().width / e.getBBox().width")
    assert y * scale == pytest.approx(before - rsp.evaluate(place), abs=1)
    assert y > 100  # up, and across to the other stack


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("size", [LAPTOP, PROJECTOR, (1100, 800)], ids=str)
def test_switch_of_stacks_is_seen_without_scrolling(
    visit: Visit, report: Path, lang: str, size: tuple[int, int]
) -> None:
    """Both stacks are side by side, and rsp is in sight before and after the switch."""
    page = visit(report, f"#stage=gogo&lang={lang}", viewport={"width": size[0], "height": size[1]})
    for stack in (0, 1):
        left, right = page.locator(".view:visible .walk figure").all()
        a, b = left.bounding_box(), right.bounding_box()
        assert a
        assert b
        assert a["y"] == b["y"]
        assert a["x"] + a["width"] < b["x"]
        rsp = page.locator(".view:visible .walk figure").nth(stack).locator("[data-mark=rsp]")
        expect(rsp).to_be_in_viewport(ratio=1)
        page.keyboard.press("ArrowRight")


def test_stage_1_shows_what_the_kernel_left(visit: Visit, report: Path) -> None:
    """Arrows lead from argv and envp to their strings."""
    stage = visit(report, "#stage=entry").locator("#entry")
    picture = stage.locator(".walk svg").first
    for text in ("argc", "argv[0] →", "envp[0] →", "auxv:", "the strings of argv and envp"):
        expect(picture.locator("text", has_text=text).first).to_be_visible()
    process = records("1.27.3")[0].shown.process
    assert process is not None
    expect(picture.locator(".arrow")).to_have_count(len(process.argv) + len(process.envp))
    expect(stage.get_by_role("img", name="its top")).to_have_count(0)  # and not once more


def test_arrow_from_a_pointer_to_its_target(visit: Visit, report: Path) -> None:
    """At gogo the word at rbp is the caller's rbp, an address of the same stack."""
    now = next(r.shown for r in records("1.27.3") if r.stage.id == "gogo")
    assert now.words[now.registers.fp] in now.g0.stack
    page = visit(report, "#stage=gogo")
    assert page.locator("#gogo .walk svg").first.locator(".arrow").count() >= 1


def test_source_instruction_and_effect_are_lit_together(visit: Visit, report: Path) -> None:
    page = visit(report, "#stage=gogo-sp")
    stage, lit = page.locator("#gogo-sp"), page.locator("#gogo-sp .lit")
    instruction = stage.locator(".att .line", has_text="rsp = g1.sched.sp")
    line = stage.locator(".go-asm .line", has_text="gobuf_sp(BX), SP")
    row, mark = stage.locator("tr[data-place=rsp]"), stage.locator(".walk [data-mark=rsp]")
    for pointed in (instruction, line, row):
        pointed.hover()
        for each in (instruction, line, row, mark):
            expect(each).to_have_class(re.compile(r"\blit\b"))
        page.locator("h2:visible").hover()
        expect(lit).to_have_count(0)
    stage.locator(".att [tabindex]").focus()
    page.keyboard.press("ArrowDown")
    below = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.textContent") != below
    expect(lit.first).to_be_visible()


@pytest.mark.parametrize("pair", [("gogo", "gogo-sp"), ("entry", "add"), ("add", "g0-stack")])
def test_two_stages_compared(visit: Visit, report: Path, pair: tuple[str, str]) -> None:
    page = visit(report, "#diff")
    for place, name in zip(("from", "to"), pair, strict=True):
        page.locator(f"#{place}").select_option(label=name)
    a, b = (next(r for r in records("1.27.3") if r.stage.id == name) for name in pair)
    changes = compare(a.last, b.last)
    rows = page.locator("#differences tbody tr")
    expect(rows).to_have_count(len(changes))
    assert rows.locator("th").all_inner_texts() == [change.what for change in changes]
    for row, change in zip(rows.all(), changes, strict=True):
        cells = row.locator("td").all_inner_texts()
        for cell, value in zip(cells, (change.before, change.after), strict=True):
            if isinstance(value, str):
                assert cell == (value or "-")
            elif isinstance(value, int) and 0 < value <= 0xFFFF and value is not True:
                assert cell == str(value)
    page.locator("#from").focus()
    page.keyboard.press("ArrowRight")  # it belongs to the focused select
    expect(page.locator("#diff")).to_be_visible()


def pages_on_paper(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_print_gives_a_digest_and_all_on_demand(visit: Visit, report: Path, lang: str) -> None:
    page = visit(report, f"#stage=gogo&lang={lang}")
    assert pages_on_paper(page) <= 8
    page.evaluate("() => { window.print = () => {}; }")
    page.locator("#print-all").click()
    assert pages_on_paper(page) > len(STAGES)  # which prints, and ends the mode
    assert pages_on_paper(page) <= 8
    page.locator("#print-all").click()
    page.emulate_media(media="print")
    expect(page.locator(".walk:visible")).to_have_count(len(STAGES))
    expect(page.locator("#gogo .tries pre").first).to_be_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".walk:visible")).to_have_count(2)  # before and after the switch
    expect(page.locator(".tries details[open]")).to_have_count(0)


def test_print_shows_all_stages(visit: Visit, report: Path) -> None:
    page = visit(report)
    page.emulate_media(media="print")
    expect(page.locator(".stage:visible")).to_have_count(len(STAGES))
    expect(page.locator("#summary")).to_be_visible()
    for control in ("#stages", "#diff", "#play", "#theme"):
        expect(page.locator(control)).to_be_hidden()


def test_without_scripts(visit: Visit, report: Path) -> None:
    page = visit(report, java_script_enabled=False)
    expect(page.locator(".stage:visible")).to_have_count(len(STAGES))


@pytest.mark.parametrize("size", [PHONE, LAPTOP, PROJECTOR], ids=["phone", "laptop", "projector"])
def test_no_horizontal_scrolling(visit: Visit, report: Path, size: tuple[int, int]) -> None:
    page = visit(report, viewport={"width": size[0], "height": size[1]})
    for language in ("English", "中文"):
        page.get_by_role("button", name=language).click()
        for _ in range(len(STAGES) + 1):
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], shown(page)
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Home")


@pytest.mark.parametrize("width", [1024, 1100, 1280, 1366])
def test_no_table_and_no_code_is_clipped(
    visit: Visit, report: Path, following: Path, width: int
) -> None:
    clipped = """() => views.flatMap((view) => {
      for (const other of views) other.hidden = other !== view;
      const boxes = all(".panel, .panel > *, .scroll", view);
      return boxes.filter((box) => box.scrollWidth > box.clientWidth).map((box) => view.id);
    })"""
    for path, lang in itertools.product((report, following), LANGUAGES):
        page = visit(path, f"#lang={lang}", viewport={"width": width, "height": 800})
        assert page.evaluate("() => views.length") > 10
        assert page.evaluate(clipped) == []
    assert page.evaluate("() => { one('main').style.width = '20rem'; }") is None
    assert page.evaluate(clipped) != []  # the measure notices


@pytest.mark.parametrize(("theme", "lang"), [*itertools.product(("light", "dark"), LANGUAGES)])
def test_accessible_by_axe(
    visit: Visit, report: Path, comparing: Path, theme: str, lang: str
) -> None:
    options = {"color_scheme": theme}
    for view in (
        "start",
        "glossary",
        "entry",
        "gostartcall",
        "gogo-sp",
        "main-main",
        "summary",
        "diff",
    ):
        check(visit(report, f"#stage={view}&lang={lang}", **options))
    check(visit(report, f"#stage=g0-stack&predict=on&lang={lang}", **options))
    for stage, (width, height) in (("procresize", PHONE), ("gogo-sp", PROJECTOR)):
        size = {"width": width, "height": height}
        check(visit(report, f"#stage={stage}&lang={lang}", viewport=size, **options))
    check(visit(comparing, f"#lang={lang}", **options))


def test_axe_notices(visit: Visit, report: Path) -> None:
    page = visit(report, "#summary")
    page.evaluate("() => document.querySelector('#theme').removeAttribute('aria-label')")
    page.evaluate("() => document.querySelector('#theme').removeAttribute('title')")
    page.evaluate("() => document.querySelector('#summary h2').style.color = '#ddd'")
    with pytest.raises(AssertionError, match="2 accessibility violations"):
        check(page)


def check(page: Page) -> None:
    """Run axe on the visible view alone, for it looks at every element."""
    page.evaluate(
        "() => document.querySelectorAll('.view[hidden]').forEach((v) => v.replaceChildren())"
    )
    result = Axe().run(page, options={"resultTypes": ["violations"]})
    assert result.violations_count == 0, result.generate_report()


def test_two_walks_side_by_side(visit: Visit, comparing: Path) -> None:
    page = visit(comparing)
    sentence = "g0's stack grew by 104 bytes, from 65432 to 65536."
    expect(page.locator(".sentences li").first).to_have_text(sentence, use_inner_text=True)
    page.locator('#stages a[href="#layout"]').click()
    assert address(page) == {"stage": "layout"}
    expect(page.locator("#layout")).to_be_in_viewport()
    page.locator("#layout summary").first.click()
    expect(page.locator("#layout details").first.locator("table")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.locator("h1")).to_have_text("两次启动的对照", use_inner_text=True)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_of_a_followed_round(visit: Visit, following: Path, lang: str) -> None:
    page = visit(following, f"#lang={lang}")
    seen = [shown(page)]
    steps = recorded_round("1.27.3").records
    for _ in steps:
        page.keyboard.press("ArrowRight")
        seen.append(shown(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    assert seen == ["start", *(f"{record.step.id}-{record.number}" for record in steps)]
    expect(page.locator("#diff")).to_have_count(0)
    check(page)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_followed_round_asks_and_has_what_to_try(
    visit: Visit, following: Path, lang: str
) -> None:
    page = visit(following, f"#lang={lang}")
    asking = page.locator(".stage.asks").first
    where = f"#predict=on&lang={lang}&stage={asking.get_attribute('id')}"
    page.evaluate("where => { location.hash = where; }", where)
    expect(asking.locator(".ask")).to_be_visible()
    expect(asking.locator(".columns")).to_be_hidden()
    asking.locator(".reveal summary").click()
    expect(asking.locator("svg.scheduler")).to_be_visible()
    expect(asking.locator(".tries")).to_be_visible()
    check(page)
