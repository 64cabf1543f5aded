"""The words fit the walk: none missing, none left over, every value named exists."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest

import gogdb.i18n
from gogdb.boot.stages import STAGES
from gogdb.view.narration import narration
from tests.support.walks import VERSIONS, recorded_walk

FILE = Path(gogdb.i18n.__file__).parent / "en/stages.toml"
WORDS = tomllib.loads(FILE.read_text(encoding="utf-8"))
# The keys of sentences that a text ends with in some runs, by stage
SENTENCES = {
    "entry": {"loaded"},
    "runnable": {"at_once", "later"},
    "main-main": {"moved", "stayed"},
}
# Claims that only some builds or machines have: cgo, a cgroup's limit, GOMAXPROCS not set
ELSEWHERE = {
    ("mstart", "cgo-lo"),
    ("mstart", "cgo-guards"),
    ("procresize", "cgroup"),
    ("procresize", "cpus"),
}
ELSEWHERE |= {("osinit", "some")}


def test_every_stage_has_its_words_and_no_other() -> None:
    assert set(WORDS) - {"skipped"} == {stage.id for stage in STAGES}
    for stage in STAGES:
        keys = {"title", "text", "claims", *SENTENCES.get(stage.id, ())}
        assert set(WORDS[stage.id]) == keys, stage.id


@pytest.mark.parametrize("version", VERSIONS)
def test_every_claim_has_its_words_with_values(version: str) -> None:
    words, told = narration("en"), set()
    for record in recorded_walk(version).records:
        named = {
            field
            for _, field, _, _ in string.Formatter().parse(WORDS[record.stage.id]["text"])
            if field
        }
        assert named <= set(record.values), record.stage.id
        assert "?" not in words.text(record).replace('am I?"', "")
        for claim in record.claims:
            told.add((record.stage.id, claim.id))
            assert "?" not in words.claim(record.stage.id, claim)
    every = {(stage, claim) for stage in WORDS for claim in WORDS[stage].get("claims", ())}
    assert every - told == ELSEWHERE
