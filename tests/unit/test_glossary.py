"""The glossary: about forty terms, the same in every language; docs/glossary.md; finding a term."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gogdb.i18n import LANGUAGES, use_language
from gogdb.render.ansi import render
from gogdb.view.glossary import find, glossary
from gogdb.view.glossary_page import explanations, index, markdown
from gogdb.view.json.glossary import glossary_json

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_term_is_explained_in_a_few_sentences(language: str) -> None:
    terms = glossary(language)
    assert 30 <= len(terms) <= 40
    for term in terms:
        sentences = len(re.findall(r"\.( |$)|。", term.text))
        assert 1 <= sentences <= 3, term.id
        assert len(term.text) < 300, term.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_stands_for_two_terms(language: str) -> None:
    forms = [form for term in glossary(language) for form in set(term.forms)]
    assert sorted(forms) == sorted(set(forms))


def test_terms_have_the_same_ids_in_every_language() -> None:
    ids = {tuple(term.id for term in glossary(language)) for language in LANGUAGES}
    assert len(ids) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_the_glossary(language: str, check_file: Callable[[Path, str], None]) -> None:
    suffix = "" if language == "en" else f".{language}"
    with use_language(language):
        check_file(DOCS / f"glossary{suffix}.md", markdown())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("G", ["G"]),
        ("gobuf", ["gobuf"]),
        ("safe  Point", ["safe-point"]),
        ("safe-point", ["safe-point"]),
        ("stackguard0", ["stack-guard"]),
        ("栈保护值", ["stack-guard"]),
        ("stack", ["stacks-grow-down", "stack-guard"]),
        ("preempt", ["preemption"]),
        ("guard", ["stack-guard"]),
        ("nothing such", []),
    ],
)
def test_terms_by_name(language: str, wanted: str, ids: list[str]) -> None:
    assert [term.id for term in find(language, wanted)] == ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_fits_a_screen_and_a_term_is_explained(language: str) -> None:
    with use_language(language):
        lines = list(render(index(), width=80, color=False))
        text = "\n".join(render(explanations(find(language, "park")), width=80, color=False))
    assert len(lines) <= 22
    assert all(term.name in " ".join(lines) for term in glossary(language))
    assert "park" in text.splitlines()[0]
    assert "gopark" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_in_json(language: str) -> None:
    schema = json.loads((DOCS / "schema" / "go-boot-glossary.json").read_text(encoding="utf-8"))
    answer = glossary_json(glossary(language))
    assert list(Draft202012Validator(schema).iter_errors(answer)) == []
    (auxv,) = find("en", "auxv")
    also = ["auxiliary vector"]
    expected = {"id": "auxv", "term": "auxv", "also": also, "text": auxv.text}
    assert glossary_json([auxv]) == {"terms": [expected]}
