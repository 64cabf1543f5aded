"""What a checkout keeps at its top, an installed package carries inside."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Bundle(BuildHookInterface):
    """Put gdbinit.py and the fixtures into the wheel; an editable one finds them in place."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"] |= {
                "gdbinit.py": "gogdb/gdbinit.py",
                "fixtures": "gogdb/fixtures",
            }
