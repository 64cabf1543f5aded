"""Build hook: put files from the top of the checkout into the wheel."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Bundle(BuildHookInterface):
    """Add gdbinit.py and the fixtures; an editable installation finds them in the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"] |= {
                "gdbinit.py": "gogdb/gdbinit.py",
                "fixtures": "gogdb/fixtures",
            }
