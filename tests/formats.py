"""Check one walk, and one goroutine's round, of each Go in every format and both languages.

The atlas is made from the walks of all Gos. A part of `make matrix`. One process writes all formats
of a cell, from one recorded walk.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jsonschema import Draft202012Validator
from wcwidth import wcswidth

from gogdb.boot.stages import STAGES
from gogdb.errors import GogdbError
from gogdb.i18n import LANGUAGES
from gogdb.launch import atlas, bundle, paths
from tests.support.gdb_command import LOAD, quiet
from tests.support.reports import MAX_BYTES, Page

__all__ = ["Form", "check_atlas", "check_formats", "forms", "is_complete"]

WIDTH, LINES = 80, 22  # of the terminal, and the most that a card of the guided walk takes
TIMEOUT = 120  # s; it takes about ten
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_CHINESE = re.compile("[\u4e00-\u9fff]")
_LOAD = ("-x", str(paths.gdbinit()))
_SCHEMA = paths.fixtures().parent / "docs/schema/go-boot.json"

# Shows the cards of `go-boot step` again, from the recorded walk
_CARDS = """\
def cards(language):
    from gogdb.commands import boot_walk, output, session
    from gogdb.i18n import use_language
    current, before = session.session(), None
    with use_language(language), output.Output.open(None) as out:
        for record in current.walk.records:
            boot_walk.show_card(current, out, [record], before, enter=True)
            before = record if record.observations else before
"""
_FOLLOW = """\
def follow(words):
    gs = json.load(open('gs.json'))['gs']
    consumer = max(g['goid'] for g in gs if g['creator'] == 'main.main')
    gdb.execute(f"go-boot follow {consumer} {words}")
"""


@dataclass(frozen=True)
class Form:
    """A cell of the matrix; `what` is "walk", "bundle", "follow" or "atlas".

    "bundle" is a walk by gogdb from a zip archive, with an empty environment.
    """

    go: str
    gdb: str
    what: str

    def __str__(self) -> str:
        return f"Go {self.go}, GDB {self.gdb}, formats: {self.what}"


def forms(gos: Sequence[str], gdbs: Sequence[str], all_gos: Sequence[str]) -> Iterator[Form]:
    """Yield every Go with the oldest GDB, rounds of two Gos with the newest, a bundle with each."""
    if all_gos[-1] in gos:
        for gdb in gdbs:
            yield Form(all_gos[-1], gdb, "bundle")
    for go in gos:
        yield Form(go, gdbs[0], "walk")
        yield Form(go, gdbs[0], "follow")
        if go in (all_gos[0], all_gos[-1]) and len(gdbs) > 1:
            yield Form(go, gdbs[-1], "follow")


def check_formats(form: Form, program: Path, gdb: Path, recorded: Path) -> str:
    """Return the first problem of a cell, or "". `program` is fixtures/boot or fixtures/park.

    A recorded walk is kept in the directory `recorded`, for the atlas.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        try:
            if form.what == "bundle":
                archive = place / "gogdb.zip"
                bundle.bundle(bundle.parts(), str(archive))
                _walk(place, program, gdb, ["-ex", LOAD], {"PATH": os.defpath})
            elif form.what == "walk":
                _walk(place, program, gdb)
                shutil.copy(place / "report.json", recorded / f"{form.go}.json")
            else:
                _follow(place, program, gdb)
        except (AssertionError, OSError, ValueError, subprocess.TimeoutExpired) as error:
            return str(error) or repr(error)
    return ""


def is_complete(page: Path) -> bool:
    """Report whether a report has every stage; HTML must be well-formed and in all languages."""
    if not page.exists():
        return False
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        return len(re.findall(r"^## \d+/\d+ · ", text, re.M)) == len(STAGES)
    try:
        tree = Page(text)
    except AssertionError:
        return False
    stages = [e for e in tree.all("section") if "data-number" in e.attributes]
    spoken = {e.attributes.get("lang") for e in tree.all("span")}
    return (
        len(stages) == len(STAGES) and spoken >= set(LANGUAGES) and len(text.encode()) < MAX_BYTES
    )


def _walk(
    place: Path,
    program: Path,
    gdb: Path,
    load: Sequence[str] = _LOAD,
    env: Mapping[str, str] = os.environ,
) -> None:
    variants = [(language, color) for language in LANGUAGES for color in ("off", "on")]
    commands = ["go-boot --json --out walk.json", "go-boot report walk.html"]
    commands += ["go-boot report report.json"]
    for language, color in variants:
        commands += [f"set gogdb lang {language}", f"set gogdb color {color}"]
        commands += [f"echo @@{language} {color} walk\\n", "go-boot list"]
        commands += [f"go-boot show {stage.id}" for stage in STAGES]
        commands += [f"echo @@{language} {color} cards\\n", f"python cards('{language}')"]
        commands += [f"echo @@{language} {color} report\\n", f"go-boot report {language}.md"]
    sections = _sections(place, program, gdb, commands, _CARDS, load, env)
    for kind in ("walk", "cards"):
        for language in LANGUAGES:
            plain = sections[f"{language} off {kind}"]
            _check_text(plain, language)
            headings = re.findall(rf"^━━ \d+/{len(STAGES)} · ", plain, re.M)
            assert len(headings) == len(STAGES), f"{language} {kind}: {len(headings)} headings"
            colored = sections[f"{language} on {kind}"]
            assert "\x1b[" in colored, f"{language} {kind}: no colour"
            assert _SGR.sub("", colored) == plain, f"{language} {kind}: colour moves something"
    for language in LANGUAGES:
        lines = re.split("^(?=━━ )", sections[f"{language} off cards"], flags=re.M)
        most = max(card.rstrip().count("\n") + 1 for card in lines)
        assert most <= LINES, f"{language}: a card of {most} lines"
    for name in ("walk.html", *(f"{language}.md" for language in LANGUAGES)):
        assert is_complete(place / name), f"incomplete: {name}"
    _check_json(place / "walk.json")
    _check_json(place / "report.json")


def check_atlas(recorded: Path, gos: Sequence[str]) -> str:
    """Return the first problem of the atlas of all recorded walks, or ""."""
    files = [recorded / f"{go}.json" for go in gos]
    releases = [".".join(go.split(".")[:2]) for go in gos]
    try:
        atlas.write(files, recorded / "atlas.html", "en")
        text = (recorded / "atlas.html").read_text(encoding="utf-8")
        page = Page(text)
        data = json.loads(page.by_id("data").text)
        assert data["releases"] == releases, f"releases: {data['releases']}"
        assert list(data["verdicts"]) == [stage.id for stage in STAGES], "stages"
        absent = [stage for stage, each in data["verdicts"].items() if "absent" in each]
        assert not absent, f"no card of {absent}"
        cards = json.loads(zlib.decompress(base64.b64decode(data["cards"])))
        for stage, each in zip(STAGES, cards, strict=True):
            assert all(Page(card).all("svg") for card in each), f"no pictures: {stage.id}"
        assert len(text.encode()) < MAX_BYTES, f"{len(text.encode())} bytes"
    except (AssertionError, GogdbError, OSError, ValueError) as error:
        return str(error) or repr(error)
    return ""


def _follow(place: Path, program: Path, gdb: Path) -> None:
    lines = (paths.fixtures() / "park/main.go").read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.endswith("// marker: send"))
    commands = [
        f"tbreak main.go:{line}",
        "run",
        "go-gmp g --limit 0 --json --out gs.json",
    ]
    for language in LANGUAGES:
        commands += [
            f"set gogdb lang {language}",
            f"echo @@{language}\\n",
            "python follow('--full')",
        ]
    commands += ["echo @@json\\n", "python follow('--json --out round.json')"]
    sections = _sections(place, program, gdb, commands, f"import json\n{_FOLLOW}")
    for language in LANGUAGES:
        _check_text(sections[language], language)
        assert re.search(r"^━━ \d+ · back ━", sections[language], re.M), f"{language}: not back"
    _check_json(place / "round.json")


def _check_text(text: str, language: str) -> None:
    """Check a terminal's text: it fits, is in one language, and every claim holds."""
    wrong = [line for line in text.splitlines() if not 0 <= wcswidth(line) <= WIDTH]
    assert not wrong, f"{language}: not {WIDTH} cells: {wrong[0]!r}"
    assert "✓" in text, f"{language}: no claim"
    assert "✗" not in text, f"{language}: a claim that does not hold"
    assert bool(_CHINESE.search(text)) == (language == "zh"), f"{language}: not in it"


def _check_json(path: Path) -> None:
    answer = json.loads(path.read_text(encoding="utf-8"))
    schema = Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
    wrong = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(answer)]
    assert not wrong, f"{path.name}: {wrong[0]}"
    claims = [claim for stage in answer["stages"] for claim in stage.get("claims", ())]
    failed = [claim["text"] for claim in claims if not claim["holds"]]
    assert not failed, f"{path.name}: {failed[0]}"
    assert answer["summary"]["complete"], f"{path.name}: {answer['summary']['ended']}"


def _sections(
    place: Path,
    program: Path,
    gdb: Path,
    commands: Sequence[str],
    script: str,
    load: Sequence[str] = _LOAD,
    env: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Run GDB commands and return the output behind each `echo @@NAME`."""
    (place / "script.py").write_text(script, encoding="utf-8")
    (place / "commands.gdb").write_text(
        "\n".join([*commands, "echo @@end\\n", "kill", ""]), encoding="utf-8"
    )
    scripts = [*load, "-x", "script.py", "-x", "commands.gdb"]
    done = subprocess.run(
        [*quiet(gdb), "-iex", f"set width {WIDTH}", *scripts, str(program)],
        cwd=place,
        env={**env, "GOMAXPROCS": "1", "GODEBUG": "asyncpreemptoff=1", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, f"GDB ended with {done.returncode}: {done.stdout[-300:]}"
    parts = re.split(r"^@@(.*)\n", done.stdout, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
