"""Files of scripts/ and styles/, in the order in which they depend on each other."""

from __future__ import annotations

__all__ = ["ATLAS_SCRIPTS", "SCRIPTS", "STAGE_SCRIPTS", "STYLES"]

SCRIPTS = ("dom", "address", "missing", "language", "theme", "links", "scroll")
STAGE_SCRIPTS = ("glide", "stages", "list", "play", "keys", "glossary", "highlight", "print")
ATLAS_SCRIPTS = ("glide", "stages", "list", "atlas", "glossary", "highlight", "print")
STYLES = ("base", "frame", "stage", "tables", "pictures", "exercises", "sizes", "print")
