"""A recorded walk as an asciicast, and the same walk saved as JSON first."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from wcwidth import wcswidth

from gogdb.boot.stages import STAGES
from gogdb.errors import GogdbError
from gogdb.i18n import LANGUAGES, use_language
from gogdb.launch.record import record
from gogdb.render.ansi import render
from gogdb.render.cast import LONGEST_PAUSE, Version, cast
from gogdb.view.doc.document import Doc
from gogdb.view.doc.scene import Scene
from gogdb.view.json.documents import from_json, to_json
from gogdb.view.narration import narration
from gogdb.view.screens import WalkScreens, scenes, walk_screens
from tests.support.atlases import recorded as recorded_json
from tests.support.atlases import screens_of
from tests.support.casts import read_cast
from tests.support.walks import VERSIONS, recorded_walk

GO = VERSIONS[-1]
HOSTILE = "\x1b]0;x\x07\x1b[2J\u202e\x9b\r\n"


def text_of(
    screens: WalkScreens, lang: str, width: int = 100, height: int = 30, version: Version = 2
) -> str:
    def layout(doc: Doc) -> list[str]:
        return list(render(doc, width=width, color=True))

    with use_language(lang):
        played = list(scenes(screens, layout, height))
    lines = cast(played, title=screens.title, width=width, height=height, version=version)
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("version", "size"),
    [*((version, (100, 30)) for version in VERSIONS), (GO, (80, 24)), (GO, (160, 50))],
)
def test_each_marker_shows_the_card_of_its_stage(
    version: str, lang: str, size: tuple[int, int]
) -> None:
    recorded = read_cast(text_of(screens_of(version, lang), lang, *size))
    assert recorded.size == size
    assert recorded.markers == [*(f"{s.number} {s.id}" for s in STAGES), "summary"]
    for marker, screen in list(recorded.screens())[:-1]:
        number, stage = marker.split()
        command = max(i for i, line in enumerate(screen) if line == "(gdb) go-boot step")
        assert screen[command + 1].startswith(f"━━ {number}/{len(STAGES)} · {stage} ━━")
        assert narration(lang).title(stage) in screen[command + 1]
        assert screen[-1] == "(gdb) "
        assert screen[-2].startswith("→ ") or screen[-2].startswith("  → ")
        assert max(map(wcswidth, screen)) <= size[0]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_last_marker_shows_the_summary(lang: str) -> None:
    recorded = read_cast(text_of(screens_of(GO, lang), lang))
    *_, (marker, screen) = recorded.screens()
    assert marker == "summary"
    assert any(f"{len(STAGES)}" in line and "102" in line and "✓" in line for line in screen)


def test_header_and_colors() -> None:
    text = text_of(screens_of(GO, "en"), "en")
    recorded = read_cast(text)
    assert recorded.header == {
        "version": 2,
        "width": 100,
        "height": 30,
        "title": f"How a Go program boots · boot, go{GO}",
        "env": {"TERM": "xterm-256color"},
    }
    assert r"\u001b[1;36m" in text


def test_both_formats_play_the_same() -> None:
    second, third = (
        read_cast(text_of(screens_of(GO, "en"), "en", version=version)) for version in (2, 3)
    )
    assert third.header["term"] == {"cols": 100, "rows": 30, "type": "xterm-256color"}
    assert third.events == second.events


def test_the_same_records_give_the_same_bytes() -> None:
    walked = recorded_walk(GO)
    with use_language("zh"):
        again = walk_screens(walked.records, "boot", f"go{GO}", True)
    assert text_of(again, "zh") == text_of(screens_of(GO, "zh"), "zh")


def test_the_pause_grows_with_the_text() -> None:
    answers = (["x" * 40], ["\x1b[1m" + "x" * 40 + "\x1b[0m", " " * 40, "中" * 20])
    played = [Scene("step", lines, "a marker") for lines in answers]
    recorded = read_cast("\n".join(cast(played, title="", width=80, height=24)) + "\n")
    marks = [time for time, kind, _ in recorded.events if kind == "m"]
    after = [min(t for t, _, _ in recorded.events if t > mark) for mark in marks]
    first, second = (round(b - a, 3) for a, b in zip(marks, after, strict=True))
    assert first == 3 + 40 * 0.015 + 0.06  # and the first key of the next command
    assert second == 3 + 80 * 0.015
    times = [t for t, kind, text in recorded.events if kind == "o" and len(text) == 1]
    assert round(times[1] - times[0], 3) == 0.06


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_boot_plays_as_long_as_the_help_says(lang: str) -> None:
    with use_language(lang):
        screens = screens_of(GO, lang)
        played = list(scenes(screens, lambda doc: list(render(doc, width=100, color=False)), 30))
    for longest, least, most in ((LONGEST_PAUSE, 4.5, 6.0), (3.0, 1.5, 2.5)):
        lines = cast(played, title="", width=100, height=30, longest_pause=longest)
        events = read_cast("".join(f"{line}\n" for line in lines)).events
        assert least <= events[-1][0] / 60 <= most
        times = [time for time, _, _ in events]
        assert round(max(b - a for a, b in pairwise(times)), 3) == longest + 0.06


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_saved_walk_is_played_as_the_walk_itself(lang: str) -> None:
    for version in VERSIONS:
        screens = screens_of(version, lang)
        data = json.loads(json.dumps(to_json(screens)))
        assert text_of(from_json(WalkScreens, data), lang) == text_of(screens, lang)


def test_no_name_puts_a_control_character_into_the_recording() -> None:
    data = json.loads(json.dumps(to_json(screens_of(GO, "en"))))
    hostile = replaced_strings(data)
    hostile["title"] = hostile["screens"][0]["marker"] = HOSTILE
    recorded = read_cast(text_of(from_json(WalkScreens, hostile), "en"))  # checks each event
    for text in (recorded.header["title"], recorded.markers[0]):
        assert text == r"\x1b]0;x\x07\x1b[2J\u202e\x9b\r\n"


def replaced_strings(value: Any, key: str = "") -> Any:
    """Return the same JSON value with hostile characters in every text."""
    match value:
        case dict():
            return {name: replaced_strings(item, name) for name, item in value.items()}
        case list():
            return [replaced_strings(item, key) for item in value]
        case str() if key not in ("class", "role", "kind", "language", "align"):
            return value + HOSTILE
    return value


@pytest.fixture(scope="module")
def saved() -> dict[str, Any]:
    return {"cards": recorded_json(GO)["cards"]}


def written(value: object, tmp_path: Path, lang: str = "en") -> str:
    walk, output = tmp_path / "walk.json", tmp_path / "walk.cast"
    walk.write_text(json.dumps(value), encoding="utf-8")
    record(walk, str(output), lang, width=100, height=30, version=2)
    return output.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_saved_file(saved: dict[str, Any], tmp_path: Path, lang: str) -> None:
    assert written(saved, tmp_path, lang) == text_of(screens_of(GO, lang), lang)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'{"cards": {"form": 2}}', b"\xff", b"[" * 100_000]
)
def test_a_file_without_a_walk(tmp_path: Path, content: bytes) -> None:
    walk, output = tmp_path / "walk.json", tmp_path / "walk.cast"
    walk.write_bytes(content)
    output.write_text("old")
    with pytest.raises(GogdbError) as raised:
        record(walk, str(output), "en", width=100, height=30, version=2)
    assert str(raised.value) == (
        f"{walk} holds no walk that can be shown: `go-boot report FILE.json` writes one"
    )
    assert output.read_text() == "old"


def test_a_file_of_another_version(saved: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(GogdbError, match="was recorded by another version of gogdb"):
        written({"cards": saved["cards"] | {"form": 1}}, tmp_path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    walk = tmp_path / "no.json"
    with pytest.raises(GogdbError) as raised:
        record(walk, "x.cast", "en", width=100, height=30, version=2)
    assert str(raised.value) == f"cannot read {walk}: No such file or directory"


@pytest.mark.parametrize("cells", [1 << 12, 1 << 31, 1 << 45])
def test_a_file_that_asks_for_too_many_blanks(
    saved: dict[str, Any], tmp_path: Path, cells: int
) -> None:
    value = json.loads(json.dumps(saved))
    spans = [at for at, key in places(value) if key == "min_cells"]
    spans[0]["min_cells"] = cells
    with pytest.raises(GogdbError, match="holds no walk that can be shown"):
        written(value, tmp_path)


def test_damaged_files_are_refused_or_shown(saved: dict[str, Any], tmp_path: Path) -> None:
    rng = random.Random(1)
    kept = {name: saved["cards"][name] for name in ("form", "screens")}
    text = json.dumps({"cards": kept})
    refusals = []
    for _ in range(40):
        value = json.loads(text)
        holder, key = rng.choice(list(places(value)))
        holder[key] = rng.choice([None, -1, 1 << 63, 1 << 70, 1.5, True, [], {}, "x", HOSTILE])
        try:
            read_cast(written(value, tmp_path))
        except GogdbError as error:
            refusals.append(str(error))
    assert refusals
    assert not any("\n" in text for text in refusals)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a JSON value, as the list or object and the index or key."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)
