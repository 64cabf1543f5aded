"""Add the layout of runtime.schedt in some Go releases to gogdb/runtime/schedt.json.

Usage: python -m tests.snapshots.make_schedt BINARY...

Each binary is built by another release, with debug information. Its layout replaces the one that
the file has for that release.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from gogdb.inferior.elf import ElfFile
from gogdb.runtime import goversion
from tests.snapshots.dwarf import ROOT, structs

FILE = ROOT / "gogdb" / "runtime" / "schedt.json"


def main(binaries: list[str]) -> None:
    tables: dict[str, dict[str, Any]] = json.loads(FILE.read_text())
    for binary in binaries:
        version = ElfFile.open(binary).go_version()
        release = goversion.parse(version)
        layout = structs(binary, ["runtime.schedt"]).get("runtime.schedt")
        if release is None or not layout:
            raise SystemExit(f"{binary}: no debug information for runtime.schedt")
        # count and stride of a scalar are the defaults of `Field`
        fields = [field if field[3] == "array" else field[:4] for field in layout["fields"]]
        tables[str(release.minor)] = {"go": version, "size": layout["size"], "fields": fields}
    FILE.write_text(as_json(tables))


def as_json(tables: dict[str, dict[str, Any]]) -> str:
    """Return the tables as JSON with one field on each line, for readable diffs."""
    parts = []
    for minor, table in sorted(tables.items(), key=lambda item: int(item[0])):
        lines = ",\n".join(f"  {json.dumps(field)}" for field in table["fields"])
        head = f'"go": {json.dumps(table["go"])}, "size": {table["size"]}'
        parts.append(f' "{minor}": {{{head}, "fields": [\n{lines}\n ]}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main(sys.argv[1:])
