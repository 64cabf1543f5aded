"""The JSON Schemas of docs/schema."""

from __future__ import annotations

import json
from functools import cache

from jsonschema import Draft202012Validator

from tests.support.places import ROOT

__all__ = ["SCHEMAS", "schema"]

SCHEMAS = ROOT / "docs/schema"


@cache
def schema(command: str) -> Draft202012Validator:
    """Return the validator of a command's JSON answer."""
    document = json.loads((SCHEMAS / f"{command.split()[0]}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)
