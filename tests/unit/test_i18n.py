"""Every label has its words in every language, and they say the same of the same values."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import gogdb
from gogdb.i18n import LANGUAGES, language, locale_language, tr, use_language

PACKAGE = Path(gogdb.__file__).parent
NARRATION = PACKAGE / "i18n"
OTHERS = [language for language in LANGUAGES if language != "en"]


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Return every call of tr() in the code, with its file and line."""
    return [
        (f"{file.name}:{node.lineno}", node)
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr"
    ]


def said() -> Iterator[tuple[str, str, set[str]]]:
    """What the templates say: where, the label, the names of its values."""
    for file in sorted(PACKAGE.rglob("*.j2")):
        for label, values in re.findall(r'\bsay\("([^"]+)"([^)]*)\)', file.read_text("utf-8")):
            yield file.name, label, set(re.findall(r"(\w+)=", values))


def labels() -> set[str]:
    """Of the code and of the templates."""
    return {label_of(place, node) for place, node in calls()} | {label for _, label, _ in said()}


def label_of(place: str, node: ast.Call) -> str:
    """Return the label of a call of tr(), which must be written out there."""
    first = node.args[0]
    assert isinstance(first, ast.Constant), f"{place}: the label is not written out"
    assert isinstance(first.value, str), place
    return first.value


def files(language: str, name: str) -> dict[str, dict[str, object]]:
    found = sorted((NARRATION / language).glob(name))
    return {file.name: tomllib.loads(file.read_text(encoding="utf-8")) for file in found}


def catalog(language: str) -> dict[str, str]:
    merged: dict[str, str] = {}
    for words in files(language, "labels/*.toml").values():
        merged |= words  # type: ignore[arg-type]
    return merged


def fields(label: str) -> Counter[tuple[str, str]]:
    """The {names} of a label with how they are written: address:#x."""
    parsed = string.Formatter().parse(label)
    return Counter((name, spec or "") for _, name, spec, _ in parsed if name)


def flat(words: dict[str, object], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in words.items():
        found |= (
            flat(value, f"{path}/{key}")
            if isinstance(value, dict)
            else {path + "/" + key: str(value)}
        )
    return found


# Numbers and the words of Go, of the machine and of GDB, which no language has its own for
NAMES = re.compile(
    r"`[^`]+`|\{[^}]*\}|0x[0-9a-f]+|\b\d+\b|\b[a-z]\w*(?:\.[a-z]\w*)+|\b(?:g0|m0|r[a-ds][xipb]|r14|rdi|rsi|"
    r"argc|argv|auxv|lo|hi|pc|sp|bp|ctxt|rt0_go|settls|osinit|schedinit|mcommoninit|procresize|newproc1?|"
    r"malg|gostartcall|goexit|runqput|runnext|mstart[01]?|schedule|findRunnable|execute|gogo|mcall|"
    r"systemstack|sysmon|allp|allm|allgs|mainPC|funcval|gobuf|gsignal|stackguard[01]|ELF|GOMAXPROCS|"
    r"cgroup|SIGSEGV|SIGURG|TEXT|FP|ABI0|MOV|TLS|fs_base|goid|gopc|startpc|curg)\b",
    re.ASCII,  # a word may stand right beside a Chinese character
)


def test_every_label_is_written_out_with_its_values() -> None:
    for place, node in calls():
        given = {keyword.arg for keyword in node.keywords}
        named = {name for name, _ in fields(label_of(place, node))}
        assert given == named, place
    for template, label, values in said():
        assert values == {name for name, _ in fields(label)}, f"{template}: {label}"


@pytest.mark.parametrize("other", OTHERS)
def test_every_label_is_in_the_catalogs_once_and_no_other(other: str) -> None:
    keys = Counter(key for words in files(other, "labels/*.toml").values() for key in words)
    assert {key for key, count in keys.items() if count > 1} == set()
    assert set(keys) - labels() == set(), "left over"
    assert labels() - set(keys) == set(), "missing"


@pytest.mark.parametrize("other", OTHERS)
def test_labels_have_the_same_values_and_names(other: str) -> None:
    for english, word in catalog(other).items():
        assert fields(word) == fields(english), english
        for name in re.findall(r"`[^`]+`|0x[0-9a-f]+|\b\d+\b|\b[a-z]+\.[a-z]+\b", english):
            assert name in word, english


@pytest.mark.parametrize("other", OTHERS)
def test_narrations_have_the_same_stages_claims_values_and_names(other: str) -> None:
    english, words = files("en", "*.toml"), files(other, "*.toml")
    assert set(words) == {*english, "help.toml"}
    for file, content in english.items():
        mine, theirs = flat(content), flat(words[file])
        assert list(theirs) == list(mine), file
        for key, text in mine.items():
            assert fields(theirs[key]) == fields(text), key
            assert set(NAMES.findall(text)) <= set(NAMES.findall(theirs[key])), key


def test_speaking() -> None:
    with use_language("zh"):
        assert (language(), tr("stage"), tr("in {section}", section=".bss")) == (
            *("zh", "阶段"),
            "在 .bss 里",
        )
        with use_language("en"):
            assert tr("stage") == "stage"
        with pytest.raises(KeyError), use_language("en"):
            raise KeyError
        assert language() == "zh"
    assert language() == "en"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LANG": "zh_CN.utf8@pinyin"}, "zh"),
        ({"LANG": "zh_CN.GB18030"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_language_of_a_locale(environment: dict[str, str], expected: str) -> None:
    assert locale_language(environment) == expected
