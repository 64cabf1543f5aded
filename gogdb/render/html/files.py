"""Files of scripts/ and styles/, in the order in which they depend on each other."""

from __future__ import annotations

__all__ = ["ATLAS_SCRIPTS", "SCRIPTS", "STAGE_SCRIPTS", "STYLES"]

SCRIPTS = ("dom", "address", "missing", "language", "theme", "links", "scroll")
_VIEWS = ("glide", "stages", "list")  # one at a time
_DETAILS = ("glossary", "highlight", "print")
STAGE_SCRIPTS = (*_VIEWS, "play", "keys", *_DETAILS, "predict")
ATLAS_SCRIPTS = (*_VIEWS, "atlas", *_DETAILS)
STYLES = ("base", "frame", "stage", "tables", "pictures", "exercises", "sizes", "print")
