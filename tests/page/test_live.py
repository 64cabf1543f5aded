"""The page that follows a teacher: it follows, looks back, returns, answers, reconnects, ends."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gogdb.boot.stages import STAGES
from gogdb.i18n import LANGUAGES, use_language
from gogdb.view.exercises import prediction
from gogdb.view.narration import narration
from gogdb.view.question_text import question_text
from tests.page.views import BUSY, address, shown
from tests.support.reports import records
from tests.support.sharing import Classroom, Follower

Join = Callable[..., Page]
WALK = records("1.27.3")
INDEX = {stage.id: stage.number for stage in STAGES}


@pytest.fixture
def classroom() -> Iterator[Classroom]:
    teacher = Classroom()
    yield teacher
    teacher.end(0)
    assert teacher.server.failure is None


@pytest.fixture
def join(browser: Browser, classroom: Classroom) -> Iterator[Join]:
    """Open the page of the class; it must raise nothing and request nothing from elsewhere."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    requested: list[str] = []

    def join(where: str = "", **options: object) -> Page:
        context = browser.new_context(**{"reduced_motion": "reduce", **options})  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(BUSY)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: requested.append(request.url))
        page.clock.install()
        page.goto(f"{classroom.link}{where}")
        return page

    yield join
    for context in contexts:
        context.close()
    assert [each for each in problems if "ERR_INTERNET_DISCONNECTED" not in each] == []
    assert {url.split("?")[0].split("#")[0].rsplit("/", 1)[0] for url in requested} == {
        classroom.link.rsplit("/", 1)[0]
    }


def teacher_is_at(page: Page, number: int) -> None:
    """Expect that the page says where the teacher is."""
    text = f"The teacher is at stage {number}/28"
    expect(page.locator("#live [role=status]")).to_have_text(text, use_inner_text=True)


def follows(page: Page, stage: str) -> None:
    """Expect that the page shows this stage, and that it is the teacher's."""
    expect(page.locator(f"#{stage}")).to_be_visible()
    assert shown(page) == stage
    expect(page.locator("#follow")).to_be_hidden()
    assert "stage" not in address(page)


def test_it_follows_the_teacher(join: Join, classroom: Classroom) -> None:
    page = join()
    expect(page.get_by_text("The teacher has not shown a stage yet.")).to_be_visible()
    assert shown(page) == "start"
    href = page.evaluate("location.href")
    assert href == classroom.link.partition("?")[0]  # the token has left the address
    for count in (1, 2, 14):
        classroom.show(count)
        follows(page, STAGES[count - 1].id)
        teacher_is_at(page, count)
        expect(page.locator("#stages li:not(.extra)")).to_have_count(count)
    page.reload()
    follows(page, STAGES[13].id)


def test_a_student_looks_back_and_returns(join: Join, classroom: Classroom) -> None:
    classroom.show(5)
    page = join()
    follows(page, "tls-check")
    page.keyboard.press("ArrowLeft")
    assert shown(page) == "settls"
    classroom.show(8)
    teacher_is_at(page, 8)
    assert shown(page) == "settls"
    page.reload()
    expect(page.locator("#stages li:not(.extra)")).to_have_count(8)
    expect(page.locator("#follow")).to_be_visible()
    assert shown(page) == "settls"
    page.get_by_role("button", name="Go there").click()
    follows(page, "args")
    page.locator('#stages a[href="#entry"]').click()
    assert shown(page) == "entry"
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    follows(page, "args")  # who steps up to the teacher follows again
    classroom.show(9)
    follows(page, "osinit")


def test_a_question_comes_before_its_stage(join: Join, classroom: Classroom) -> None:
    at = INDEX["newproc"] - 1
    classroom.show(at, asks=True)
    page = join()
    expect(page.get_by_text("The teacher asks: what will the next stage show?")).to_be_visible()
    assert shown(page) == "question"
    assert "newproc" not in page.locator("#stages").inner_text()
    assert page.locator("#newproc").count() == 0
    first, second = (page.locator("[data-choice]").nth(n) for n in range(2))
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    second.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    classroom.show(at + 1)
    follows(page, "newproc")
    question = page.locator("#newproc .predict")
    expect(question).to_be_visible()
    expect(question.get_by_role("status")).to_contain_text("No: there is no g for it yet")
    expect(question.locator("[role=status] > p:visible")).to_have_count(1)


def test_a_number_is_judged_too(join: Join, classroom: Classroom) -> None:
    at = INDEX["gostartcall"] - 1
    classroom.show(at, asks=True)
    page = join()
    page.locator("#a-question").fill("0x28")
    classroom.show(at + 1)
    follows(page, "gostartcall")
    verdict = page.locator("#gostartcall .predict [role=status] > p:visible")
    expect(verdict).to_have_count(1)
    expect(verdict).to_contain_text("Yes, ")


def test_nothing_is_sent_before_it_is_shown(join: Join, classroom: Classroom) -> None:
    at = INDEX["newproc"] - 1
    texts = []
    for language in LANGUAGES:
        with use_language(language):
            question = prediction(WALK[at].question, WALK[at].solution(), question_text(language))
        assert question is not None
        texts += [narration(language).title("newproc"), *(a.comment for a in question.answers)]
    classroom.show(at, asks=True)
    page = join()
    expect(page.locator("#question")).to_be_visible()
    with Follower(classroom.link) as stream:
        before = html.unescape(str(stream.until_state()))
        classroom.show(at + 1)
        after = html.unescape(str(stream.until_state()))
    follows(page, "newproc")
    assert [text for text in texts if text in before or text not in after] == []


def test_both_languages_and_themes(join: Join, classroom: Classroom) -> None:
    page = join()
    expect(page.get_by_text("The teacher has not shown a stage yet.")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    page.locator("#theme").click()
    classroom.show(3, asks=True)
    expect(page.locator("#question")).to_be_visible()
    expect(page.locator('[lang="en"]:not(button):visible')).to_have_count(0)
    classroom.show(4)
    follows(page, "settls")
    assert page.locator("h2:visible").inner_text() == narration("zh").title("settls")
    expect(page.locator('[lang="en"]:not(button):visible')).to_have_count(0)
    figure = page.locator("#settls svg.scheduler title")
    assert figure.text_content() == "谁与谁绑定"  # an attribute of a part that came later
    assert address(page) == {"lang": "zh", "theme": address(page)["theme"]}


def test_the_walk_is_over_and_the_class_ends(join: Join, classroom: Classroom) -> None:
    page = join()
    classroom.show(27)
    follows(page, "main-main")
    expect(page.locator("#stages .end")).to_be_hidden()
    classroom.show(28, "over")
    follows(page, "add")
    expect(page.get_by_text("The walk is over.")).to_be_visible()
    page.locator('#stages a[href="#summary"]').click()
    expect(page.locator("#summary")).to_contain_text("28 of 28 stages seen")
    classroom.end(28)
    expect(page.get_by_text("The class has ended.")).to_be_visible()
    page.clock.run_for(60_000)
    expect(page.get_by_text("The class has ended.")).to_be_visible()
    page.locator('#stages a[href="#gogo-sp"]').click()
    assert shown(page) == "gogo-sp"  # it keeps what it has
    page.evaluate("location.hash = '#stage=gogo-sp&diff=newproc'")
    expect(page.locator("#differences tbody tr")).not_to_have_count(0)


def test_stages_are_compared(join: Join, classroom: Classroom) -> None:
    classroom.show(28, "over")
    page = join("#stage=gogo-sp&diff=newproc")
    expect(page.locator("#diff")).to_be_visible()
    expect(page.locator("#from option")).to_have_count(28)
    assert page.locator("#from").input_value() == "newproc"
    assert page.locator("#to").input_value() == "gogo-sp"
    expect(page.locator("#differences tbody tr").first).to_be_visible()


def test_another_walk_begins(join: Join, classroom: Classroom) -> None:
    classroom.show(6)
    page = join("#stage=entry&lang=zh")
    expect(page.locator("#follow")).to_be_visible()
    with page.expect_navigation():
        classroom.begin_anew()
    expect(page.get_by_text("老师还没有展示任何阶段。")).to_be_visible()
    assert shown(page) == "start"
    expect(page.locator("#stages li:not(.extra)")).to_have_count(0)
    classroom.show(1)
    follows(page, "entry")


def test_a_connection_that_is_lost_comes_back(join: Join, classroom: Classroom) -> None:
    classroom.show(3)
    page = join()
    follows(page, "g0-stack")
    page.context.set_offline(True)
    page.evaluate("source.dispatchEvent(new Event('error'))")  # as the browser notices it
    expect(page.get_by_text("The connection is lost")).to_be_visible()
    classroom.show(7)
    page.clock.run_for(10_000)
    expect(page.get_by_text("The connection is lost")).to_be_visible()
    assert shown(page) == "g0-stack"
    page.context.set_offline(False)
    page.clock.run_for(4_000)
    follows(page, "m0-g0")
    expect(page.locator("#stages li:not(.extra)")).to_have_count(7)
    teacher_is_at(page, 7)


def test_a_silent_connection_is_made_anew(join: Join, classroom: Classroom) -> None:
    classroom.show(1)
    page = join()
    follows(page, "entry")
    with page.expect_request("**/events?after=1.1"):
        page.clock.run_for(60_000)


def test_a_sign_of_life_before_an_event_begins_nothing_anew(
    join: Join, classroom: Classroom
) -> None:
    classroom.show(1)
    page = join()
    follows(page, "entry")
    page.evaluate("window.stays = source.dispatchEvent(new MessageEvent('beat'))")
    assert page.evaluate("position") == "1.1"
    classroom.show(2)
    follows(page, "rt0-go")
    assert page.evaluate("window.stays")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_accessible_by_axe_and_on_paper(
    join: Join, classroom: Classroom, theme: str, lang: str
) -> None:
    classroom.show(10, asks=True)
    page = join(f"#lang={lang}", color_scheme=theme)
    for key in ("", "ArrowLeft", "Home"):  # the question, a stage, the opening
        if key:
            page.keyboard.press(key)
        else:
            expect(page.locator("#question")).to_be_visible()
        result = Axe().run(page, options={"resultTypes": ["violations"]})
        assert result.violations_count == 0, result.generate_report()
    page.emulate_media(media="print")
    expect(page.locator(".stage:visible")).to_have_count(10)
    for part in ("#live", "#question", "#stages", "#play", "#diff"):
        expect(page.locator(part)).to_be_hidden()


def test_place_in_the_walk_is_told(join: Join, classroom: Classroom) -> None:
    classroom.show(6)
    page = join()
    follows(page, "tls-g0")
    expect(page.locator("#tls-g0 .count")).to_have_text("6/28")
    title = narration("en").title("tls-g0")
    expect(page.locator("#announcement")).to_have_text(f"6/28: {title}")


@pytest.mark.parametrize("width", [390, 1366, 1920])
def test_nothing_is_cut_off(join: Join, classroom: Classroom, width: int) -> None:
    classroom.show(10, asks=True)
    page = join("#stage=gogo-sp", viewport={"width": width, "height": 768})
    expect(page.locator("#question")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    follow = page.get_by_role("button", name="Go there")
    expect(follow).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bar, top = page.locator("#live").bounding_box(), page.locator(".top").bounding_box()
    assert bar is not None
    assert top is not None
    assert bar["y"] >= top["y"] + top["height"] - 1


def test_only_who_has_left_is_led_back(join: Join, classroom: Classroom) -> None:
    classroom.show(4)
    page = join()
    follows(page, "settls")
    page.evaluate("""() => {
      const seen = (window.offered = []);
      new MutationObserver(() => seen.push(one("follow").hidden)).observe(
        one("follow"), { attributes: true });
    }""")
    classroom.show(19)
    follows(page, STAGES[18].id)
    assert False not in page.evaluate("offered")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#follow")).to_be_visible()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_phone_answers(join: Join, classroom: Classroom, lang: str) -> None:
    at = INDEX["gostartcall"] - 1
    classroom.show(at, asks=True)
    page = join(f"#lang={lang}", viewport={"width": 390, "height": 844})
    page.locator("#a-question").fill("0x28")
    for part in (".steps", "footer"):
        expect(page.locator(part)).to_be_hidden()
    done = page.locator("#question button:visible")
    expect(done).to_have_attribute("aria-pressed", "false")
    done.click()
    expect(done).to_have_attribute("aria-pressed", "true")
    page.locator("#a-question").press("1")
    expect(done).to_have_attribute("aria-pressed", "false")
    page.locator("#a-question").fill("0x28")
    page.locator("#a-question").press("Enter")
    expect(done).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#a-question")).not_to_be_focused()
    classroom.show(at + 1)
    follows(page, "gostartcall")
    expect(page.locator("#gostartcall .predict .good:visible")).to_have_count(1)
    expect(page.locator(".steps")).to_be_visible()
