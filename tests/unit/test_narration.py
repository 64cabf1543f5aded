"""The texts fit the walk: none is missing or left over, and every value they name exists."""

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
TEXTS = tomllib.loads(FILE.read_text(encoding="utf-8"))
# The keys of sentences that a text ends with in some runs, by stage
SENTENCES = {
    "entry": {"loaded"},
    "g0-stack": {"first", "other"},
    "gostartcall": {"exits", "returns"},
    "runqput": {"runnext", "runq"},
    "mstart": {"kept", "taken"},
    "findrunnable": {"runnext", "runq"},
    "runnable": {"at_once", "later"},
    "main-main": {"moved", "stayed"},
}
# Claims that only some builds or machines have: cgo, musl, c-archive, -race, a cgroup's limit,
# GOMAXPROCS not set
NOT_RECORDED = {
    ("g0-stack", "other-stack"),
    ("runqput", "runq"),
    ("mstart", "no-lo"),
    ("mstart", "moved-guards"),
    ("mstart", "cgo-lo"),
    ("mstart", "cgo-guards"),
    ("procresize", "cgroup"),
    ("procresize", "cpus"),
    ("osinit", "some"),
}


def test_every_stage_has_its_texts_and_no_others() -> None:
    assert set(TEXTS) - {"skipped"} == {stage.id for stage in STAGES}
    for stage in STAGES:
        keys = {"title", "text", "claims", *SENTENCES.get(stage.id, ())}
        assert set(TEXTS[stage.id]) == keys, stage.id


@pytest.mark.parametrize("version", VERSIONS)
def test_every_claim_has_a_text_with_values(version: str) -> None:
    texts, checked = narration("en"), set()
    for record in recorded_walk(version).records:
        named = {
            field
            for _, field, _, _ in string.Formatter().parse(TEXTS[record.stage.id]["text"])
            if field
        }
        assert named <= set(record.values), record.stage.id
        assert "?" not in texts.text(record).replace('am I?"', "")
        for claim in record.claims:
            checked.add((record.stage.id, claim.id))
            assert "?" not in texts.claim(record.stage.id, claim)
    every = {(stage, claim) for stage in TEXTS for claim in TEXTS[stage].get("claims", ())}
    assert every - checked == NOT_RECORDED
