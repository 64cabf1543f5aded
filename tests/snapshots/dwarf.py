"""What GDB makes of a binary's debug information: the truth for recorded layouts.

Apart from gogdb's own reader on purpose: recorded truth must not share its mistakes.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

_IN_GDB = """
import json, os, sys
import gdb
sys.path.insert(0, os.environ["GOGDB_ROOT"])
from gogdb.inferior.layout import TypeNode, flatten

def node(t):
    t = t.strip_typedefs()
    if t.code == gdb.TYPE_CODE_STRUCT:
        members = [(f.name, f.bitpos // 8, node(f.type)) for f in t.fields()]
        return TypeNode("struct", t.sizeof, members)
    if t.code == gdb.TYPE_CODE_ARRAY:
        low, high = t.range()
        return TypeNode("array", t.sizeof, (), node(t.target()), high - low + 1)
    if t.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_FUNC):
        return TypeNode("uint", 8)  # GDB gives a func value the size 1
    if t.code == gdb.TYPE_CODE_INT:
        return TypeNode("int" if t.is_signed else "uint", t.sizeof)
    return TypeNode({gdb.TYPE_CODE_BOOL: "bool"}.get(t.code, "other"), t.sizeof)

structs = {}
for name in json.loads(os.environ["GOGDB_STRUCTS"]):
    try:
        struct = flatten(name, node(gdb.lookup_type(name)))
    except gdb.error:
        continue
    fields = struct.fields.items()
    structs[name] = {
        "size": struct.size,
        "fields": [[path, p.offset, p.size, p.kind, p.length, p.stride] for path, p in fields],
    }
print(json.dumps(structs))
"""


def structs(binary: str, names: Sequence[str]) -> dict[str, Any]:
    """Return each struct's size and its fields as [path, offset, size, kind, count, stride].

    A struct that the debug information does not have is left out.
    """
    given = {"GOGDB_ROOT": str(ROOT), "GOGDB_STRUCTS": json.dumps(list(names)), "CODE": _IN_GDB}
    run = "python exec(__import__('os').environ['CODE'])"
    ran = subprocess.run(
        [os.environ.get("GDB", "gdb"), "-nx", "-q", "-batch", "-ex", run, binary],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    if not ran.stdout:
        raise SystemExit(f"{binary}: {ran.stderr.strip()}")
    answer: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return answer
