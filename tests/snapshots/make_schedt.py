"""Write gogdb/runtime/schedt.json: one binary with debug information for each Go release.

Usage: python -m tests.snapshots.make_schedt BINARY...
"""

from __future__ import annotations

import json
import sys

from gogdb.inferior.elf import ElfFile
from tests.snapshots.dwarf import ROOT, structs

OUT = ROOT / "gogdb" / "runtime" / "schedt.json"


def main(binaries: list[str]) -> None:
    tables = []
    for binary in binaries:
        version = ElfFile.open(binary).go_version()
        table = structs(binary, ["runtime.schedt"]).get("runtime.schedt")
        if not table:
            raise SystemExit(f"{binary}: no debug information for runtime.schedt")
        # scalars are one element each: leave out count and stride, `Field` has them
        fields = [f if f[3] == "array" else f[:4] for f in table["fields"]]
        lines = ",\n".join(f"  {json.dumps(field)}" for field in fields)
        head = f'"go": {json.dumps(version)}, "size": {table["size"]}'
        minor = int(version.removeprefix("go1.").split(".")[0])
        tables.append((minor, f' "{minor}": {{{head}, "fields": [\n{lines}\n ]}}'))
    OUT.write_text("{\n" + ",\n".join(text for _, text in sorted(tables)) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
