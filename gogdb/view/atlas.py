"""The atlas: the recorded walks of several Go releases on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from gogdb.boot.stages import STAGES
from gogdb.errors import GogdbError
from gogdb.i18n import fill, language, texts, tr
from gogdb.runtime.goversion import GoVersion, parse
from gogdb.view.atlas_known import Recording, known_changes
from gogdb.view.atlas_stage import Difference, Moment, code_lines, differences, source_changes
from gogdb.view.atlas_structs import field_sentences, struct_sizes
from gogdb.view.compare_sentences import runtime_sentences
from gogdb.view.doc.atlas import Atlas, AtlasStage, Card, Line, Release, Verdict
from gogdb.view.narration import Narration
from gogdb.view.opening import definitions
from gogdb.view.saved_cards import Cards
from gogdb.view.saved_walk import SavedWalk

__all__ = ["AtlasWalk", "atlas", "in_order"]


@dataclass(frozen=True)
class AtlasWalk:
    """A recorded walk with its cards, and the name of its file."""

    name: str
    walk: SavedWalk
    cards: Cards

    @property
    def release(self) -> GoVersion:
        """The Go release. Raises `GogdbError` if the walk names none."""
        if version := parse(self.walk.go_version):
            return version
        raise GogdbError(f"{self.name} names no Go release", "leave it out")

    @cached_property
    def code(self) -> frozenset[str]:
        """Every line of source on the cards."""
        return frozenset(code for page in self.cards["en"].values() for code in code_lines(page))


def in_order(walks: Sequence[AtlasWalk]) -> list[AtlasWalk]:
    """Return walks from the oldest release to the newest.

    Raises `GogdbError` for two walks of one release.
    """
    ordered = sorted(walks, key=lambda each: each.release)
    for a, b in pairwise(ordered):
        if a.release == b.release:
            raise GogdbError(f"{a.name} and {b.name} are both of {a.release}", "leave one out")
    return ordered


def atlas(walks: Sequence[AtlasWalk], narration: Narration) -> Atlas:
    """Return the page of these walks, which are in order, in the language in use."""
    passages, alone = (texts(language(), "atlas")[name] for name in ("page", "alone"))
    names = [each.walk.go_version for each in walks]
    values = {"first": names[0], "last": names[-1], "count": len(names), "stages": len(STAGES)}
    befores = [None, *walks[:-1]]
    return Atlas(
        tr("Atlas of Go boots"),
        [fill(text, values) for text in passages.values()],
        alone["text"] if len(walks) == 1 else "",
        [_release(old, new) for old, new in zip(befores, walks, strict=True)],
        [
            AtlasStage(
                stage.id,
                stage.number,
                narration.title(stage.id),
                [_card(stage.id, old, new) for old, new in zip(befores, walks, strict=True)],
            )
            for stage in STAGES
        ],
        struct_sizes([_id(each) for each in walks], [each.walk for each in walks]),
        definitions(),
    )


def _recording(each: AtlasWalk) -> Recording:
    return Recording(each.walk, each.cards["en"])


def _id(each: AtlasWalk) -> str:
    return f"{each.release.major}.{each.release.minor}"


def _release(old: AtlasWalk | None, new: AtlasWalk) -> Release:
    if old is None:
        return Release(_id(new), new.walk.go_version, "", [], [])
    said = [
        *known_changes(_recording(old), _recording(new)),
        *runtime_sentences(old.walk, new.walk),
    ]
    said = said or [tr("The two walks agree in all that is compared here.")]
    fields = list(field_sentences(old.walk, new.walk))
    return Release(_id(new), new.walk.go_version, old.walk.go_version, said, fields)


def _card(stage: str, old: AtlasWalk | None, new: AtlasWalk) -> Card:
    now, ids = _moment(stage, new), (_id(new), _id(old) if old else "")
    if now is None:
        said = [tr("The walk of this release ended before the stage.")]
        return Card(*ids, "absent", said, [], None)
    before = _moment(stage, old) if old else None
    if old is None or before is None:
        return Card(*ids, "absent" if now.stage.skipped else "first", [], [], now.shown)
    known = list(known_changes(_recording(old), _recording(new), stage))
    found = list(differences(before, now))
    source = source_changes((before.english, now.english), (old.code, new.code))
    behaves = bool(known) or not all(difference.is_offset for difference in found)
    verdict: Verdict = "absent" if now.stage.skipped else _verdict(behaves, source, found)
    return Card(*ids, verdict, [*known, *(each.text for each in found)], source, now.shown)


def _verdict(behaves: bool, source: Sequence[Line], found: Sequence[Difference]) -> Verdict:
    """Return the most important way in which the stage differs; `behaves`: in what it does."""
    if behaves:
        return "differs"
    if source:
        return "source"
    return "offsets" if found else "same"


def _moment(stage: str, each: AtlasWalk) -> Moment | None:
    saved, english = each.walk.stages.get(stage), each.cards["en"].get(stage)
    if saved is None or english is None:
        return None
    return Moment(saved, english, each.cards[language()][stage])
