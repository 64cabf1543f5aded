"""The glossary: about thirty terms, the same in every language."""

from __future__ import annotations

import re

import pytest

from gogdb.i18n import LANGUAGES
from gogdb.view.glossary import glossary


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_term_is_explained_in_a_few_sentences(language: str) -> None:
    terms = glossary(language)
    assert len(terms) == 30
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
