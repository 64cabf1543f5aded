"""Who may import whom: the layers of the design, no cycles between files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import gogdb

ROOT = Path(gogdb.__file__).parent
# Every layer may import these
GROUND = {"errors", "finding", "i18n", "memo", "resources", "signals"}
# layer → the layers below it that it may import; a longer name is a layer of its own
LAYERS = {
    "errors": set(),
    "finding": set(),
    "i18n": set(),
    "memo": set(),
    "resources": set(),
    "signals": set(),
    "dependencies": set(),
    "inferior": set(),
    "runtime": {"inferior"},
    "runtime.goversion": {"inferior"},  # the supported Go releases, also for launch
    "boot": {"runtime", "inferior"},
    "follow": {"boot", "runtime", "inferior"},
    "view.doc": set(),
    "view": {"follow", "boot", "runtime", "inferior"},
    "render": {"view.doc"},
    "files": set(),
    "share": set(),
    "gdbhost": {"inferior", "files"},
    "gdbhost.printers": {"gdbhost", "runtime", "inferior"},  # of Go's values
    "commands": {"gdbhost", "inferior", "runtime", "boot", "follow", "view", "render"}
    | {"dependencies", "files", "share"},
    "launch": {"runtime.goversion", "files"},
    "launch.compare": {"launch", "view", "render", "files"},  # what needs no debugger
    "launch.record": {"launch", "view", "render", "files"},
    "launch.atlas": {"launch", "view", "render", "files"},
    "launch.bundle": {"launch", "files", ""},
    "cli": {"launch", ""},
    "__main__": {"cli"},
    "loading": {"commands", "dependencies"},
    "load": {"loading"},
    "": set(),
}
WITH_GDB = {"gdbhost", "gdbhost.printers", "commands"}
# Files that may name a processor's registers: those that describe it, those that teach about it
# (hints, questions, labels, help), and those that hold JSON keys. A / ends a directory.
NAMES_REGISTERS = (
    "inferior/arch/",
    "boot/patterns_amd64.py",
    "boot/stages/",
    "boot/hint.py",
    "follow/hints.py",
    "follow/questions.py",
    "follow/steps/",
    "view/address_text.py",
    "view/boot_stacks.py",
    "view/gobuf.py",
    "view/report.py",
    "view/stack_dump.py",
    "view/stacks.py",
    "view/json/rbp_chain.py",
    "view/json/stack_dump.py",
    "view/json/stop.py",
    "render/html/templates/opening.html.j2",
    "commands/boot.py",
    "commands/stacks.py",
)
REGISTER = re.compile(r"\b(r[abcd]x|r[sd]i|r[bsi]p|r[89]|r1[0-5]|fs_base)\b")
FILES = sorted(ROOT.rglob("*.py"))
PAGE_FILES = [file for suffix in ("css", "js", "j2") for file in ROOT.rglob(f"*.{suffix}")]


def module_of(file: Path) -> str:
    """Return the name of a module below gogdb: "view.doc.pages", "" for gogdb itself."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str:
    """Return the longest name in `LAYERS` that is the module or a package around it."""
    parts = module.split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((name for name in names if name in LAYERS), "")


def allowed(importer: str, imported: str) -> bool:
    """Report whether a layer may import another; a layer includes the layers inside it."""
    targets = {importer, *GROUND, *LAYERS[importer]}
    return bool({imported, imported.partition(".")[0]} & targets)


def imports(file: Path) -> Iterator[str]:
    """Yield the modules and names that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            module = node.module or ""
            yield from (f"{module}.{name.name}" for name in node.names)


def graph() -> dict[str, set[str]]:
    """Return each module's imports of other gogdb modules, also those inside functions."""
    modules = {module_of(file): file for file in FILES}
    edges: dict[str, set[str]] = {}
    for module, file in modules.items():
        edges[module] = set()
        for name in imports(file):
            if name.partition(".")[0] == "gogdb":
                path = name.removeprefix("gogdb").removeprefix(".")
                target = path if path in modules else path.rpartition(".")[0]
                edges[module].add(target)
        edges[module].discard(module)
    return edges


@pytest.mark.parametrize("file", FILES, ids=[str(f.relative_to(ROOT)) for f in FILES])
def test_imports_go_downward(file: Path) -> None:
    layer = layer_of(module_of(file))
    for name in imports(file):
        if name.split(".")[0] == "gdb":
            assert layer in WITH_GDB, f"{file} imports gdb"
        if name.startswith("gogdb."):
            imported = layer_of(name.removeprefix("gogdb."))
            assert allowed(layer, imported), f"{file}: {name}"


def test_registers_are_named_by_the_arch() -> None:
    naming = set()
    for file in (*FILES, *PAGE_FILES):
        if REGISTER.search(file.read_text(encoding="utf-8")):
            path = file.relative_to(ROOT).as_posix()
            naming.add(next((name for name in NAMES_REGISTERS if path.startswith(name)), path))
    assert naming == set(NAMES_REGISTERS)


def test_no_cycles_between_files() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_a_wrong_import_is_noticed() -> None:
    assert layer_of("gdbhost.target") == "gdbhost"
    assert layer_of("view.doc.pages.Report") == "view.doc"
    assert not allowed("runtime", "gdbhost")
    assert not allowed("inferior", "runtime")
    assert not allowed("boot", "follow")
    assert not allowed("render", "view")
    assert allowed("render", "view.doc")
    assert allowed("view", "view.doc")


def test_no_test_imports_another() -> None:
    """What tests share is in tests/support, or in a conftest."""
    tests = Path(__file__).parents[1]
    imports = re.compile(r"^ *(?:from|import) +tests\.[\w.]*\btest_\w+", re.M)
    files = {file.name: imports.findall(file.read_text("utf-8")) for file in tests.rglob("*.py")}
    assert {name: found for name, found in files.items() if found} == {}
