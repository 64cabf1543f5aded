"""One recorded walk shown in both languages: the same values, no label left in English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
from wcwidth import wcswidth

from gogdb.boot.changes import compare
from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.i18n import use_language
from gogdb.render.ansi import render
from gogdb.view import boot as view
from gogdb.view.changes import diff as view_diff
from gogdb.view.doc import Claims, CodeLine, Column, Doc, Heading, Note, Text
from gogdb.view.json import boot as boot_json
from gogdb.view.narration import narration
from gogdb.view.summary import summary
from tests.support.walks import VERSIONS, recorded_walk

NUMBERS = re.compile(r"(?<!\w)(?:0x[0-9a-f]+|\d+)", re.ASCII)  # but not that of g0
PROSE = re.compile(r"(?<!-)\b[a-z]{2,} [a-z]{2,}|[a-z]'s ")
SGR = re.compile(r"\x1b\[[0-9;]*m")
# Columns that are called as in Go's runtime
FIELDS = {
    *("", "#", "argv", "gobuf", "G", "M", "P", "g0", "m", "p", "curg", "gsignal"),
    *("locks", "lockedg", "runnext", "runq", "schedtick", "syscalltick"),
}
# Statuses, registers, fields of a gobuf, code, ids of stages
NAMES = {
    *("idle", "dead", "runnable", "running", "waiting", "sysmon", "true", "argc", "gogo"),
    *("rip", "rsp", "rbp", "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "sp", "pc", "g", "ctxt", "bp"),
    *("gomaxprocs", "ncpu", "allm", "allglen", "ret", "npidle", "nmidle", "nmspinning", "runqsize"),
    *("goidgen", "ngsys", "gcwaiting", "sysmonwait", "x", "y", "ret"),
    *(stage.id for stage in STAGES),
}


@pytest.fixture(scope="module", params=VERSIONS)
def walked(request: pytest.FixtureRequest) -> Walk:
    return recorded_walk(request.param)


def pages(walked: Walk, language: str) -> list[Doc]:
    """All that go-boot shows of a walk."""
    words, records = narration(language), walked.records
    with use_language(language):
        befores = [None, *records]
        found = [view.card(r, b, words) for r, b in zip(records, befores, strict=False)]
        skips = [r for r in records if r.skipped]
        seen = [r for r in records if r.observations]
        found += [view.missed(skips, words), view.missed(skips[:1], words)] if skips else []
        found += [summary(records), view.stage_list(walked.located, records, words, True)]
        diff = compare(seen[0].last, seen[-1].last)
        return [*found, view_diff(seen[0], seen[-1], diff), view_diff(seen[0], seen[0], [])]


def strings(value: object, within: object = None) -> Iterator[tuple[object, str]]:
    """Every text of a document with what it is a text of."""
    if isinstance(value, str):
        yield within, value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item, within)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in ("value", "role", "align", "kind", "language"):
                yield from strings(getattr(value, field.name), value)


def test_the_same_values_and_no_english_left(walked: Walk) -> None:
    stops = [moment for record in walked.records for moment in record.observations]
    reasons = {g.waitreason for stop in stops for g in stop.runtime.gs}  # the program's own words
    for english, chinese in zip(pages(walked, "en"), pages(walked, "zh"), strict=True):
        pairs = list(zip(strings(english), strings(chinese), strict=True))
        for (part, mine), (_, theirs) in pairs:
            assert Counter(NUMBERS.findall(mine)) == Counter(NUMBERS.findall(theirs)), theirs
            if (isinstance(part, CodeLine) and mine == part.text) or mine in reasons:
                assert mine == theirs
            elif isinstance(part, Column):
                assert mine != theirs or mine in FIELDS, mine
            elif isinstance(part, Text | Note | Claims) or (
                isinstance(part, Heading) and mine == part.aside
            ):
                assert mine != theirs or not re.search("[a-z]", mine), mine
            else:
                assert not PROSE.search(theirs), theirs
                assert not re.fullmatch("[a-z]+", theirs) or theirs in NAMES, theirs


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_page(walked: Walk, width: int) -> None:
    for doc in pages(walked, "zh"):
        with use_language("zh"):
            plain = list(render(doc, width=width, color=False))
            painted = list(render(doc, width=width, color=True))
        assert [SGR.sub("", line) for line in painted] == plain
        for line in plain:
            assert wcswidth(line) <= width, line
            said = line.strip()
            assert not said or said[0] not in "，。、；：！？）”", line
            assert not said or said[-1] not in "（“", line


def test_ascii_draws_pictures_and_leaves_text(walked: Walk) -> None:
    for doc in pages(walked, "zh"):
        with use_language("zh"):
            lines = list(render(doc, width=80, color=False, ascii=True))
        for line in lines:
            assert not re.search("[\u2190-\u25ff…✓✗]", line), line
            assert wcswidth(line) <= 80, line
        assert re.search("[\u4e00-\u9fff]", "".join(lines))


def test_json_is_english_but_for_the_words_of_the_walk(walked: Walk) -> None:
    def told(language: str) -> list[dict[str, object]]:
        with use_language(language):
            found = boot_json.as_json(walked.records, "go", "boot", narration(language))
        stages: list[dict[str, object]] = found["stages"]  # type: ignore[assignment]
        return stages

    for english, chinese in zip(told("en"), told("zh"), strict=True):
        assert english["title"] != chinese["title"]
        assert english["narration"] != chinese["narration"]
        for words in ("title", "narration"):
            del english[words], chinese[words]
        for stage in (english, chinese):
            for claim in stage.get("claims", ()):  # type: ignore[attr-defined]
                del claim["text"]
        assert english == chinese
