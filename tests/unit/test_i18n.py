"""Catalogues: complete in every language, with the same values and names as in English."""

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
from gogdb.i18n import LANGUAGES, fill, language, locale_language, tr, use_language

PACKAGE = Path(gogdb.__file__).parent
CATALOGUES = PACKAGE / "i18n"
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


def template_labels() -> Iterator[tuple[str, str, set[str]]]:
    """Yield the labels of the templates: the file, the label, the names of its values."""
    for file in sorted(PACKAGE.rglob("*.j2")):
        for label, values in re.findall(r'\btr\("([^"]+)"([^)]*)\)', file.read_text("utf-8")):
            yield file.name, label, set(re.findall(r"(\w+)=", values))


def labels() -> set[str]:
    """Return every label of the code and of the templates."""
    in_code = {label_of(place, node) for place, node in calls()}
    return in_code | {label for _, label, _ in template_labels()}


def label_of(place: str, node: ast.Call) -> str:
    """Return the label of a call of tr(), which must be written out there."""
    first = node.args[0]
    assert isinstance(first, ast.Constant), f"{place}: the label is not written out"
    assert isinstance(first.value, str), place
    return first.value


def files(language: str, name: str) -> dict[str, dict[str, object]]:
    """Return the contents of the TOML files of a language that match `name`, by file name."""
    paths = sorted((CATALOGUES / language).glob(name))
    return {path.name: tomllib.loads(path.read_text(encoding="utf-8")) for path in paths}


def catalog(language: str) -> dict[str, str]:
    """Return the labels of a language by the English label."""
    merged: dict[str, str] = {}
    for content in files(language, "labels/*.toml").values():
        merged |= content  # type: ignore[arg-type]
    return merged


def fields(label: str) -> Counter[tuple[str, str]]:
    """Return the {names} of a label with their format, address:#x, but not count:one|many."""
    parsed = [(name, spec or "") for _, name, spec, _ in string.Formatter().parse(label) if name]
    return Counter((name, spec) for name, spec in parsed if "|" not in spec)


def flatten(content: dict[str, object], path: str = "") -> dict[str, str]:
    """Return the texts of nested tables by their path."""
    flat: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{path}/{key}")
        else:
            flat[f"{path}/{key}"] = str(value)
    return flat


# Numbers, and the names of Go, of the machine and of GDB, which no translation changes
NAMES = re.compile(
    r"`[^`]+`|\{[^}]*\}|0x[0-9a-f]+|\b\d+\b|\b[a-z]\w*(?:\.[a-z]\w*)+|\b(?:g0|m0|r[a-ds][xipb]|r14|rdi|rsi|"
    r"argc|argv|auxv|lo|hi|pc|sp|bp|ctxt|rt0_go|settls|osinit|schedinit|mcommoninit|procresize|newproc1?|"
    r"malg|gostartcall|goexit|runqput|runnext|mstart[01]?|schedule|findRunnable|execute|gogo|mcall|"
    r"systemstack|sysmon|allp|allm|allgs|mainPC|funcval|gobuf|gsignal|stackguard[01]|ELF|GOMAXPROCS|"
    r"cgroup|SIGSEGV|SIGURG|TEXT|FP|ABI0|MOV|TLS|fs_base|goid|gopc|startpc|curg)\b",
    re.ASCII,  # a Chinese character can follow directly
)


# An auxiliary vector, words that are folded and stages that are named by their ends are several;
# some CPUs are left out by a cgroup; the runtime handles dozens of signals, and sysmon has an M
NEVER_ONE = {
    "{count} entries",
    "{count} signals",
    "{count} stages",
    "{count} words",
    "{gs} goroutines",
    "{ms} Ms",
    "{ncpu} CPUs",
}


def test_every_label_is_given_its_values() -> None:
    for place, node in calls():
        given = {keyword.arg for keyword in node.keywords}
        named = {name for name, _ in fields(label_of(place, node))}
        assert given == named, place
    for template, label, values in template_labels():
        assert values == {name for name, _ in fields(label)}, f"{template}: {label}"


@pytest.mark.parametrize("other", OTHERS)
def test_every_label_is_translated_once_and_no_other(other: str) -> None:
    keys = Counter(key for labels in files(other, "labels/*.toml").values() for key in labels)
    assert {key for key, count in keys.items() if count > 1} == set()
    assert set(keys) - labels() == set(), "left over"
    assert labels() - set(keys) == set(), "missing"


@pytest.mark.parametrize("other", OTHERS)
def test_translated_labels_keep_values_and_names(other: str) -> None:
    for english, translation in catalog(other).items():
        assert fields(translation) == fields(english), english
        for name in re.findall(r"`[^`]+`|0x[0-9a-f]+|\b\d+\b|\b[a-z]+\.[a-z]+\b", english):
            assert name in translation, english


@pytest.mark.parametrize("other", OTHERS)
def test_translated_texts_keep_keys_values_and_names(other: str) -> None:
    english, translated = files("en", "*.toml"), files(other, "*.toml")
    assert set(translated) == {*english, "help.toml"}
    for file, content in english.items():
        texts, translations = flatten(content), flatten(translated[file])
        assert list(translations) == list(texts), file
        for key, text in texts.items():
            assert fields(translations[key]) == fields(text), key
            names = NAMES.findall(re.sub(r"\{[^}]*\|[^}]*\}", "", text))
            assert set(names) <= set(NAMES.findall(translations[key])), key


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 Ps are idle"), (1, "1 P is idle"), (2, "2 Ps are idle")]
)
def test_number_of_the_noun(count: int, expected: str) -> None:
    assert fill("{n} {n:P is|Ps are} idle", {"n": count}) == expected
    assert fill("{n:#x} of {name}", {"n": count, "name": "a|b"}) == f"{count:#x} of a|b"


def test_every_number_that_can_be_one_chooses_its_noun() -> None:
    texts = labels().union(
        *(flatten(content).values() for content in files("en", "*.toml").values())
    )
    counts = r"\{(?:count|n|steps|stages|claims|total|argc|envc|ncpu|ms|ps|gs|queued)\}"
    plural = re.compile(rf"{counts} (?:more |idle )?(?!bytes|is\b)[A-Za-z]+s\b")
    found = {match[0] for text in texts for match in plural.finditer(text)}
    assert found == NEVER_ONE
    assert [text for text in texts if "(s)" in text] == []


def test_use_language() -> None:
    with use_language("zh"):
        assert (language(), tr("stage")) == ("zh", "阶段")
        assert tr("in {section}", section=".bss") == "在 .bss 里"
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
def test_locale_language(environment: dict[str, str], expected: str) -> None:
    assert locale_language(environment) == expected
