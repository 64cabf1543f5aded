"""`set gogdb printers on`: Go's values as the program itself prints them, and damaged ones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go
from tests.support.builds import DEBUG, Compile
from tests.support.known_values import NAMES, VALUES, differences, texts_of
from tests.support.output import printed
from tests.support.session import Open, Session

SHOWN_BY_GO = ("plain", "ints", "words", "array", "number", "pair")
"""Variables that runtime-gdb.py shows without an error in each Go."""


LOCAL = (
    'local = map[string]interface {} with 1 element = {["local"] = (main.point) = {X = 9, Y = 10}}'
)
IMPORTED = "any('gogdb.gdbhost.printers' in name for name in __import__('sys').modules)"


@pytest.fixture(scope="module")
def at_stop(share_gdb: Open, compiled: Compile) -> Session:
    """The program once all its goroutines are parked; each test resets what it sets."""
    session = share_gdb(compiled("values", *DEBUG))
    session.quietly("set width 0")
    session.run("tbreak main.stop")
    session.run("run")
    session.quietly("set gogdb printers off")
    assert session.value(IMPORTED) == "False"
    return session


@pytest.fixture
def values(at_stop: Session) -> Session:
    at_stop.quietly("set print elements 200")
    at_stop.quietly("set gogdb printers on")
    return at_stop


@pytest.fixture
def texts(at_stop: Session) -> dict[str, str]:
    """What the program itself prints of its variables."""
    return texts_of(at_stop.transcript)


def shown(session: Session, name: str) -> str:
    return printed(session, f"main.{name}")


def test_texts_and_known_values(values: Session, texts: dict[str, str]) -> None:
    """Also of damaged values."""
    assert differences({name: shown(values, name) for name in NAMES}, texts) == []
    background = shown(values, "background")
    assert background.endswith(f"Ctx) {texts['background']}")
    assert re.fullmatch(r"\(\*main\.point\) 0x\w+ = \{X = 3, Y = 4\}", shown(values, "toPair"))
    assert re.fullmatch(r"\(\*main\.fault\) 0x\w+ = \{code = 7\}", shown(values, "custom"))
    assert re.fullmatch(r"\(\*main\.point\) 0x\w+", shown(values, "pointer"))
    assert re.fullmatch(r"\(func\(.*\)\) 0x\w+", shown(values, "function"))


def test_maps_have_the_programs_entries(values: Session, texts: dict[str, str]) -> None:
    values.quietly("set print elements 3000")
    for name in ("numbers", "ages"):
        entries = re.findall(r'\["?(\w+)"?\] = (\d+)', shown(values, name))
        assert sorted(entries) == sorted(re.findall(r"(\w+):(\d+)", texts[name])), name
    assert len(re.findall(r'\[[0-4]\] = "gone"', shown(values, "shrunk"))) == 5
    assert shown(values, "wideMap").startswith("map[main.wide]main.wide with 1 element = {[")


def test_print_elements_bounds_everything(values: Session) -> None:
    values.quietly("set print elements 4")
    assert shown(values, "thousand") == ("[]int of length 1000, capacity 1000 = {0, 1, 2, 3...}")
    assert shown(values, "long") == r'"\x00\x00\x00\x00"...'
    assert re.fullmatch(
        r"map\[int\]int with 1000 elements = \{\[\d+\] = \d+, \[\d+\] = \d+\.\.\.\}",
        shown(values, "numbers"),
    )
    assert shown(values, "empties").startswith(f"[]struct {{}} of length {1 << 40}, ")


def test_damaged_values(values: Session) -> None:
    values.quietly("set print elements 4")
    assert shown(values, "longSlice") == (
        f"[]int of length {1 << 60}, capacity {1 << 60} = {{1, 0, 0, 0...}}"
    )
    assert shown(values, "longString") == r'"\x01\x00\x00\x00"...'
    for name in ("badMap", "badChan"):
        assert re.fullmatch(r".* <cannot read \d+ bytes at 0x10>", shown(values, name)), name
    values.quietly("set print elements 200")
    assert shown(values, "longMap").startswith(
        f"map[string]int with {1 << 60} elements by its count, and 2 in its slots = {{["
    )


def test_cycles_end(values: Session) -> None:
    values.quietly("set print elements 30")
    values.quietly("set print max-depth unlimited")
    cycle = shown(values, "cycle")
    assert cycle.startswith("[]interface {} of length 2, capacity 2 = {(int) 1, ([]interface {}) ")
    for text in (cycle, shown(values, "knot"), shown(values, "mapCycle")):
        assert text.count("<a cycle, back to 0x") == 1
    # each of a hundred slices holds the next one twice
    assert len(shown(values, "doubled")) < 200_000
    values.quietly("set print max-depth 20")


def test_locals_and_pretty(values: Session) -> None:
    values.run("up")
    assert LOCAL in values.run("info locals")
    values.quietly("set print pretty on")
    assert shown(values, "points") == (
        "[]main.point of length 2, capacity 2 = {{\n    X = 1,\n    Y = 2\n  }, {\n"
        "    X = 3,\n    Y = 4\n  }}"
    )
    values.quietly("set print pretty off")
    values.run("down")


def test_variables_of_a_generic_function(compiled: Compile, open_gdb: Open) -> None:
    """Their types have names of the linker's own, such as .param0."""
    session = open_gdb(compiled("values", *DEBUG))
    session.run("break main.inside")
    session.run("run")
    session.run("up")
    session.quietly("set gogdb printers on")
    shape = r"go\.shape\.int\w*"
    for name, form in {
        "items": rf"\[\]{shape} of length 2, capacity 2 = \{{1, 2\}}",
        "table": rf"map\[string\]{shape} with 1 element = \{{\[\"a\"\] = 3\}}",
        "sent": rf"chan {shape} of length 0, capacity 4",
    }.items():
        value = printed(session, name)
        assert re.fullmatch(form, value), value


def test_core_file(
    at_stop: Session, texts: dict[str, str], open_gdb: Open, compiled: Compile, tmp_path: Path
) -> None:
    """Every value is as in the process; also the variables of a goroutine that is selected."""
    core = tmp_path / "core"
    assert "Saved corefile" in at_stop.run(f"generate-core-file {core}")
    session = open_gdb(compiled("values", *DEBUG), width=0)
    session.run(f"core {core}")
    plain = shown(session, "ints")
    session.quietly("set gogdb printers on")
    assert differences({name: shown(session, name) for name in NAMES}, texts) == []
    assert shown(session, "cycle").count("<a cycle, back to 0x") == 1
    variables = session.run("go-goroutine 1 frame apply all -q -s info locals")
    assert LOCAL in variables
    session.quietly("set gogdb printers off")
    assert shown(session, "ints") == plain != VALUES["ints"]


def test_off_shows_what_was_shown_before(at_stop: Session, go: Go) -> None:
    """Without and with Go's own script: ours come first, and leave no trace."""
    script = Path(go.environment().get("GOROOT") or go.path.resolve().parents[1])
    for source in (None, script / "src/runtime/runtime-gdb.py"):
        at_stop.quietly("set gogdb printers off")
        if source is not None:
            at_stop.run(f"source {source}")
        printers = "[len(o.pretty_printers) for o in gdb.objfiles()]"
        before = [shown(at_stop, name) for name in SHOWN_BY_GO], at_stop.value(printers)
        at_stop.quietly("set gogdb printers on")
        on = [shown(at_stop, name) for name in SHOWN_BY_GO]
        assert on[1] == VALUES["ints"]
        assert on[4] == VALUES["number"]
        at_stop.quietly("set gogdb printers off")
        after = [shown(at_stop, name) for name in SHOWN_BY_GO], at_stop.value(printers)
        assert after == before
        assert before[0] != on


def test_collection_can_be_listed_and_disabled(values: Session) -> None:
    listing = values.run("info pretty-printer")
    assert re.search(r"(?m)^ +gogdb\n +atomic\n +channel\n", listing)
    assert values.run("show gogdb printers").endswith(" is on.\n")
    values.run("disable pretty-printer .* gogdb;slice")
    assert shown(values, "ints") != VALUES["ints"]
    assert shown(values, "ages") == 'map[string]int with 2 elements = {["Ada"] = 36, ["Alan"] = 41}'
    values.run("enable pretty-printer .* gogdb;slice")
    assert shown(values, "ints") == VALUES["ints"]


def test_children_under_mi(gdb: Gdb, compiled: Compile) -> None:
    names = ("ages", "ints", "toPair", "plain", "badSlice", "now")
    lines = [
        f'-interpreter-exec console "source {paths.gdbinit()}"',
        '-interpreter-exec console "set gogdb printers on"',
        "-enable-pretty-printing",
        "-break-insert main.stop",
        "-exec-run",
        *(f'-var-create {name} * "main.{name}"' for name in names),
        *(f"-var-list-children --all-values {name}" for name in names[:5]),
        "-gdb-exit",
    ]
    options = ["-nx", "-q", "--interpreter=mi3", "-iex", "set debuginfod enabled off"]
    done = subprocess.run(
        [
            gdb.path,
            *options,
            "-iex",
            "set auto-load python-scripts off",
            compiled("values", *DEBUG),
        ],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    created = re.findall(r'(?m)^\^done,name="(\w+)".*?value="((?:\\.|[^"])*)"', done.stdout)
    assert dict(created)["plain"] == r"\"hello\""
    assert 'displayhint="map"' in done.stdout
    assert 'displayhint="array"' in done.stdout
    children = re.findall(r'child=\{name="(\w+)\.[^"]*".*?value="((?:\\.|[^"])*)"', done.stdout)
    assert [value for name, value in children if name == "ints"] == ["1", "2", "3"]
    assert [value for name, value in children if name == "toPair"] == ["3", "4"]
    assert {value for name, value in children if name == "ages"} == {
        r"\"Ada\"",
        "36",
        r"\"Alan\"",
        "41",
    }
    # GDB 13 shows a text that is a child as an array of characters
    assert [name for name, _ in children].count("badSlice") == 1
    assert "Python Exception" not in done.stdout + done.stderr
