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
from gogdb.view.doc.document import Claims, CodeLine, Column, Doc, Heading, Note, Text
from gogdb.view.json import boot as boot_json
from gogdb.view.narration import narration
from gogdb.view.summary import summary
from tests.support.walks import VERSIONS, recorded_walk

NUMBERS = re.compile(r"(?<!\w)(?:0x[0-9a-f]+|\d+)", re.ASCII)  # but not the one in g0
PROSE = re.compile(r"(?<!-)\b[a-z]{2,} [a-z]{2,}|[a-z]'s ")
SGR = re.compile(r"\x1b\[[0-9;]*m")
# Columns named as in Go's runtime
_FIELDS = """
# argv gobuf G M P g0 m p curg gsignal locks lockedg runnext runq schedtick syscalltick
"""
FIELDS = {"", *_FIELDS.split()}
# Statuses, registers, fields of a gobuf, code, ids of stages
_NAMES = """
idle dead runnable running waiting sysmon true argc gogo ret x y
rip rsp rbp rax rbx rcx rdx rdi rsi sp pc g ctxt bp
gomaxprocs ncpu allm allglen npidle nmidle nmspinning runqsize goidgen ngsys gcwaiting sysmonwait
"""
NAMES = {
    *_NAMES.split(),
    *(stage.id for stage in STAGES),
}


@pytest.fixture(scope="module", params=VERSIONS)
def walked(request: pytest.FixtureRequest) -> Walk:
    return recorded_walk(request.param)


def pages(walked: Walk, language: str) -> list[Doc]:
    """Return everything that go-boot shows of a walk."""
    texts, records = narration(language), walked.records
    first, last = records[0], records[-1]
    with use_language(language):
        pairs = zip([None, *records], records, strict=False)
        return [
            *(view.card(record, before, texts) for before, record in pairs),
            summary(records),
            view.stage_list(walked.located, records, texts, records[-1].stage),
            view_diff(first, last, compare(first.last, last.last)),
            view_diff(first, first, []),
        ]


def strings(value: object, within: object = None) -> Iterator[tuple[object, str]]:
    """Yield every text in a document with the part that it is in."""
    if isinstance(value, str):
        yield within, value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item, within)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in ("value", "role", "align", "kind", "language"):
                yield from strings(getattr(value, field.name), value)


def test_same_values_in_both_languages_and_no_label_in_english(walked: Walk) -> None:
    observations = [each for record in walked.records for each in record.observations]
    reasons = {g.waitreason for each in observations for g in each.runtime.gs}  # Go's own texts
    for english, chinese in zip(pages(walked, "en"), pages(walked, "zh"), strict=True):
        pairs = list(zip(strings(english), strings(chinese), strict=True))
        for (part, en_text), (_, zh_text) in pairs:
            assert Counter(NUMBERS.findall(en_text)) == Counter(NUMBERS.findall(zh_text)), zh_text
            if (isinstance(part, CodeLine) and en_text == part.text) or en_text in reasons:
                assert en_text == zh_text
            elif isinstance(part, Column):
                assert en_text != zh_text or en_text in FIELDS, en_text
            elif isinstance(part, Text | Note | Claims) or (
                isinstance(part, Heading) and en_text == part.aside
            ):
                assert en_text != zh_text or not re.search("[a-z]", en_text), en_text
            else:
                assert not PROSE.search(zh_text), zh_text
                assert not re.fullmatch("[a-z]+", zh_text) or zh_text in NAMES, zh_text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_page(walked: Walk, width: int) -> None:
    for doc in pages(walked, "zh"):
        with use_language("zh"):
            plain = list(render(doc, width=width, color=False))
            painted = list(render(doc, width=width, color=True))
        assert [SGR.sub("", line) for line in painted] == plain
        for line in plain:
            assert wcswidth(line) <= width, line
            text = line.strip()
            assert not text or text[0] not in "，。、；：！？）”", line
            assert not text or text[-1] not in "（“", line


def test_ascii_replaces_drawing_characters_only(walked: Walk) -> None:
    for doc in pages(walked, "zh"):
        with use_language("zh"):
            lines = list(render(doc, width=80, color=False, ascii=True))
        for line in lines:
            assert not re.search("[\u2190-\u25ff…✓✗]", line), line
            assert wcswidth(line) <= 80, line
        assert re.search("[\u4e00-\u9fff]", "".join(lines))


def test_json_is_english_but_for_the_narration(walked: Walk) -> None:
    def stages(language: str) -> list[dict[str, object]]:
        with use_language(language):
            answer = boot_json.as_json(walked.records, "go", "boot", narration(language))
        return answer["stages"]  # type: ignore[return-value]

    for english, chinese in zip(stages("en"), stages("zh"), strict=True):
        assert english["title"] != chinese["title"]
        assert english["narration"] != chinese["narration"]
        for key in ("title", "narration"):
            del english[key], chinese[key]
        for stage in (english, chinese):
            for claim in stage.get("claims", ()):  # type: ignore[attr-defined]
                del claim["text"]
        assert english == chinese
