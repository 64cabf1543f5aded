"""Who may import whom. The arrows may not turn round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gogdb

ROOT = Path(gogdb.__file__).parent
# room → rooms that it may import; everybody may import `errors`, `tongue` and itself
ARROWS = {
    "errors": set(),
    "tongue": set(),
    "dependencies": set(),
    "target": set(),
    "runtime": {"target"},
    "boot.stages": set(),
    "boot": {"runtime", "target"},
    "view.doc": set(),
    "view.pages": {"view.doc"},
    "view.rows": set(),
    "view": {"runtime", "boot"},
    "render": {"view.doc", "view.pages", "view.rows"},
    "launch": set(),
    "launch.comparing": {"boot", "view", "render"},  # the one view that needs no debugger
    "host": {"target", "runtime", "boot", "view", "render", "dependencies"},
    "cli": {"launch", ""},
    "__main__": {"cli"},
    "": set(),
}
FILES = sorted(ROOT.rglob("*.py"))


def room(module: str) -> str:
    """The room of a module below gogdb: the longest name in ARROWS that it begins with."""
    parts = module.split(".")
    names = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return next((name for name in names if name in ARROWS), "")


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            module = node.module or ""
            yield from (f"{module}.{name.name}" for name in node.names)


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("file", FILES, ids=[str(f.relative_to(ROOT)) for f in FILES])
def test_arrows(file: Path) -> None:
    mine = room(module_of(file))
    if module_of(file) == "__init__":
        mine = ""
    for name in imports(file):
        if name.split(".")[0] == "gdb":
            assert mine == "host", f"{file} imports gdb"
        if name.startswith("gogdb."):
            assert allowed(mine, room(name.removeprefix("gogdb."))), f"{file}: {name}"


def allowed(mine: str, other: str) -> bool:
    """Whoever may go into a room may also go into the rooms within it."""
    return bool({other, other.partition(".")[0]} & {mine, "errors", "tongue", *ARROWS[mine]})


def test_the_rule_sees_a_wrong_arrow() -> None:
    assert room("host.target") == "host"
    assert room("boot.stages.Stage") == "boot.stages"
    assert not allowed("runtime", "host")
    assert not allowed("boot.stages", "boot")
    assert not allowed("render", "view")
    assert allowed("render", "view.doc")
    assert allowed("view", "view.doc")
