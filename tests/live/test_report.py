"""`go-boot report` in a live GDB, and `gogdb report` from the shell."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gogdb.boot.find import find_stage
from gogdb.boot.stages import STAGES
from gogdb.launch.tools import Gdb, Go
from tests.support import gdb_log
from tests.support.builds import Compile
from tests.support.gdb_command import execute, quiet
from tests.support.python_in_gdb import lose_jinja
from tests.support.reports import Page
from tests.support.schema import schema
from tests.support.session import Session

HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e\"'`"
LAST = find_stage("gostartcall").number


def test_unfinished_walk(booting: Session, tmp_path: Path) -> None:
    booting.run("go-boot until gostartcall")
    before = booting.run("info registers rip rsp rbp")
    for name in ("walk.html", "walk.md", "walk.json"):
        path = tmp_path / name
        assert booting.run(f"go-boot report {path}") == f"{LAST} stages written to {path}\n"
    assert booting.run("info registers rip rsp rbp") == before

    page = Page((tmp_path / "walk.html").read_text(encoding="utf-8"))
    seen = [e.attributes["id"] for e in page.all("section")]
    assert seen == ["start", *(s.id for s in STAGES[:LAST]), "summary", "diff", "glossary"]
    rsp = int(booting.value("hex(int(gdb.parse_and_eval('$rsp')))"), 16)
    assert f"{rsp:#x}" in page.by_id("gostartcall").text

    lines = (tmp_path / "walk.md").read_text(encoding="utf-8").splitlines()
    headings = [line for line in lines if line.startswith("## ")]
    assert len(headings) == LAST + 1
    assert headings[LAST - 1].startswith(f"## {LAST}/{len(STAGES)} · gostartcall: ")

    answer = json.loads((tmp_path / "walk.json").read_text(encoding="utf-8"))
    assert [f"{e.json_path}: {e.message}" for e in schema("go-boot").iter_errors(answer)] == []
    size = int(booting.value("gdb.lookup_type('runtime.g').sizeof"))
    assert answer["runtime"]["layouts"]["runtime.g"]["size"] == size


def test_errors_of_the_report(booting: Session, tmp_path: Path) -> None:
    output = booting.run(f"go-boot report {tmp_path}/walk.html")
    assert output == "nothing is recorded yet: run `go-boot` or `go-boot step` first\n"
    booting.run("go-boot step")
    endings = "name a file that ends in one of .html, .md, .json, .cast"
    for name in ("walk.pdf", "walk", ".html"):
        assert (
            booting.run(f"go-boot report {name}") == f"cannot write a report as {name}: {endings}\n"
        )
    path = tmp_path / "no" / "walk.html"
    output = booting.run(f"go-boot report {path}")
    assert output == f"cannot write {path}: No such file or directory\n"
    for words in ("report", "report a.html b.html"):
        assert booting.run(f"go-boot {words}").startswith("go-boot: wrong number of arguments")


def test_without_jinja(booting: Session, tmp_path: Path) -> None:
    """Only the HTML report needs Jinja2."""
    booting.run("go-boot step")
    lose_jinja(booting)
    output = booting.run(f"go-boot report {tmp_path}/walk.html")
    assert output.startswith("GDB's Python has no jinja2 and no markupsafe: run `")
    assert output.count("\n") == 1
    assert not (tmp_path / "walk.html").exists()
    assert "1 stage written" in booting.run(f"go-boot report {tmp_path}/walk.md")
    assert "rip" in booting.run("go-boot show entry")


def launch(gdb: Gdb, *words: object) -> subprocess.CompletedProcess[str]:
    return gdb_log.run([sys.executable, "-m", "gogdb", "--gdb", gdb.path, "report", *words])


def test_from_the_shell(gdb: Gdb, boot: Path, tmp_path: Path) -> None:
    """The program's arguments hold HTML."""
    for name in ("walk.html", "walk.md", "walk.json"):
        path = tmp_path / f"a {name}"
        done = launch(gdb, boot, "-o", path, "--", "-n", HOSTILE)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{len(STAGES)} stages written to {path}" in done.stdout
        text = path.read_text(encoding="utf-8")
        assert all(char.isprintable() or char == "\n" for char in text)
    page = Page((tmp_path / "a walk.html").read_text(encoding="utf-8"))
    assert not page.all("img")
    assert len(page.all("script")) == 2
    shown = HOSTILE.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")
    assert shown in page.by_id("args").text


def test_values_of_the_environment_are_kept_on_demand(booting: Session, tmp_path: Path) -> None:
    """A report is shared; the page shows the first variables, which the OS knows too."""
    booting.run("go-boot step")
    pid = booting.value("gdb.selected_inferior().pid")
    environment = Path(f"/proc/{pid}/environ").read_text().split("\0")[:3]
    with_value = [entry for entry in environment if entry.partition("=")[2]]
    assert with_value
    for ending in ("html", "md", "json"):
        shared, kept = tmp_path / f"shared.{ending}", tmp_path / f"kept.{ending}"
        assert "written" in booting.run(f"go-boot report {shared}")
        assert "written" in booting.run(f"go-boot report {kept} --env")
        texts = [path.read_text(encoding="utf-8") for path in (shared, kept)]
        if ending == "json":  # which has neither
            assert texts[0] == texts[1]
            assert with_value[0][:30] not in texts[0]
            continue
        assert ["--env keeps them" in text for text in texts] == [True, False]
        for entry in with_value:
            name = entry.partition("=")[0]
            plain = [html.unescape(text).replace("\\", "") for text in texts]
            assert [f"{name}=…" in text for text in plain] == [True, False]
            assert [entry[:30] in text for text in plain] == [False, True]


def test_bundled_program_and_comparison(gdb: Gdb, go: Go, tmp_path: Path) -> None:
    one, both = tmp_path / "one.json", tmp_path / "both.html"
    done = launch(gdb, "--go", go.path, "-o", one)
    assert (done.returncode, done.stderr) == (0, "")
    done = launch(gdb, "--compare", one, one, "-o", both)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{both} written\n", "")
    page = Page(both.read_text(encoding="utf-8"))
    assert page.by_id("gogo").attributes["class"] == "panel agree"


@pytest.mark.parametrize("name", ["cgo", "bpclobber"])
def test_other_programs(gdb: Gdb, build: Callable[..., Path], tmp_path: Path, name: str) -> None:
    path = tmp_path / "walk.html"
    done = launch(gdb, build(name), "-o", path)
    assert (done.returncode, done.stderr) == (0, "")
    Page(path.read_text(encoding="utf-8"))


def test_failed_claim(gdb: Gdb, gdbinit: Path, boot: Path, tmp_path: Path) -> None:
    """The report is written, the claim that does not hold is named, and the status is 1."""
    path = tmp_path / "walk.md"
    wrong = "python from gogdb.boot.stages import rt0; rt0.TLS_MAGIC = 0x124"
    report = f"python import gogdb.commands; gogdb.commands.report_and_quit({str(path)!r})"
    done = gdb_log.run([*quiet(gdb.path), "-x", gdbinit, *execute([wrong, report]), boot])
    assert done.returncode == 1
    assert f"{len(STAGES)} stages written to {path}\n" in done.stdout
    assert re.search(
        r"^gogdb: stage 5, tls-check: this claim does not hold: 0x123, .* \(0x\w+\)$",
        done.stderr,
        re.M,
    )
    assert done.stderr.count("gogdb: ") == 1


def test_program_that_ends_early(gdb: Gdb, compiled: Compile, tmp_path: Path) -> None:
    """What was seen is written, and the one line says where the program's arguments go."""
    path = tmp_path / "walk.json"
    done = launch(gdb, compiled("quits"), "-o", path)
    assert done.returncode == 1
    assert json.loads(path.read_text(encoding="utf-8"))["summary"]["complete"] is False
    assert re.search(
        r"^gogdb: the program exited with code \d+ before stage \d+, [\w-]+: "
        r"if it needs arguments, they follow --$",
        done.stderr,
        re.M,
    )


def test_errors_from_the_shell(gdb: Gdb, boot: Path, tmp_path: Path) -> None:
    other = Path(sys.executable).resolve()
    for words, output in (
        ((boot, "-o", tmp_path / "x.pdf"), "cannot write a report as "),
        ((boot, "-o", tmp_path / "no" / "x.html"), "cannot write "),
        ((other, "-o", tmp_path / "x.html"), f"{other} is not a Go program"),
        ((tmp_path / "none", "-o", tmp_path / "x.html"), "no file "),
    ):
        done = launch(gdb, *words)
        assert done.returncode == 1
        assert done.stderr.startswith(f"gogdb: {output}")
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stdout + done.stderr
