"""GDB's own settings and modes: no command depends on them, or changes them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Gdb
from tests.support.boot_pages import IDS, stages
from tests.support.builds import DEBUG, Compile
from tests.support.output import error_line
from tests.support.session import Open, Session

NUMBERS = ("set input-radix 16", "set input-radix 8", "set radix 16", "set language modula-2")
# Settings that decide how GDB reads expressions, or what its commands print
SETTINGS = (
    *NUMBERS,
    "set language unknown",
    "set language ada",
    "set case-sensitive off",
    "set print address off",
    "set print symbol off",
    "set disassembly-flavor intel",
    "set max-value-size 16",
    "set style enabled on",
    "set verbose on",
    "set backtrace limit 1",
)
COMMANDS = ("go-gmp", "go-gobuf g0 1", "go-stacks 1 --memory", "go-stacks --all --system --json")


@pytest.fixture(scope="module")
def at_main(share_gdb: Open, boot: Path) -> Session:
    """A program at main.main; each test resets what it sets."""
    session = share_gdb(boot, width=100)
    session.run("tbreak main.main")
    session.run("run")
    return session


@pytest.fixture(scope="module")
def pages(at_main: Session) -> dict[str, str]:
    """What each command shows by default."""
    return {command: at_main.run(command) for command in COMMANDS}


def reset(session: Session) -> None:
    for line in (
        "set language auto",
        "set input-radix 0xa",
        "set output-radix 0xa",
        "set case-sensitive auto",
        "set print address on",
        "set print symbol on",
        "set disassembly-flavor att",
        "set max-value-size unlimited",
        "set style enabled off",
        "set verbose off",
        "set backtrace limit unlimited",
    ):
        session.run(line)


@pytest.mark.parametrize("setting", SETTINGS)
def test_pages_under_each_setting(at_main: Session, pages: dict[str, str], setting: str) -> None:
    at_main.run(setting)
    try:
        for command, page in pages.items():
            assert unsettled(at_main.run(command)) == unsettled(page), command
        assert at_main.value("gdb.parameter('width')") == "100"
    finally:
        reset(at_main)


def unsettled(page: str) -> str:
    """Return a page without what another assembly syntax or the time changes."""
    instructions = re.sub(r"(?m)^ +(?:=> )?0x[0-9a-f]+  .*\n", "", page)
    return re.sub(r"about [\d.]+ \w+|\d+ ns", "", instructions)


@pytest.mark.parametrize("setting", NUMBERS)
def test_boot_under_each_setting(booting: Session, setting: str) -> None:
    booting.run(setting)
    assert stages(booting.run("go-boot until rt0-go --full")) == IDS[:2]
    assert booting.value("gdb.parameter('width')") == "80"
    assert booting.run("show language").count("modula-2") == setting.count("modula-2")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("architecture i386:x64-32", "GDB takes the program for i386:x64-32, but it is built for "),
        ("endian big", "GDB takes the program for big-endian, but amd64 is little-endian: "),
    ],
)
def test_other_processor(booting: Session, setting: str, message: str) -> None:
    """One line for each command, and gogdb reads the program once the setting is gone."""
    booting.run("tbreak main.main")
    booting.run("run")
    booting.run(f"set {setting}")
    for command in (*COMMANDS, "go-boot step", "p $go_goid()", "p $go_g(1)"):
        assert error_line(booting.run(command)).startswith(message), command
    booting.run(f"set {setting.split()[0]} auto")
    assert json.loads(booting.run("go-gmp g --json"))["gs"][0]["goid"] == 1


def test_names_in_another_charset(at_main: Session) -> None:
    at_main.run("set target-charset EBCDIC-US")
    try:
        assert "Error occurred in Python" not in error_line(at_main.run('p $go_g("g0")'))
    finally:
        at_main.run("set target-charset auto")


@pytest.mark.parametrize("build", ["exe", "pie"])
def test_machine_interface(gdb: Gdb, compiled: Compile, build: str) -> None:
    """Under GDB/MI, whose console output is quoted, also where GDB 18 captures it."""
    program = compiled("parked", *DEBUG, f"-buildmode={build}")
    lines = [
        "-break-insert main.receives",
        "-exec-run",
        *(
            f'-interpreter-exec console "{command}"'
            for command in (f"source {paths.gdbinit()}", "go-stacks --all --system --json")
        ),
        "-thread-info",
        "-gdb-exit",
    ]
    options = ["-nx", "-q", "--interpreter=mi3", "-iex", "set debuginfod enabled off"]
    done = subprocess.run(
        [gdb.path, *options, "-iex", "set auto-load python-scripts off", program],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"GOMAXPROCS": "2"},
        check=True,
    )
    stop = re.search(r"(?m)^\*stopped.*thread-id=\"(\d+)\"", done.stdout)
    info = re.search(r"(?m)^\^done,threads=.*current-thread-id=\"(\d+)\"", done.stdout)
    assert stop
    assert info
    assert stop[1] == info[1]
    assert "=thread-selected" not in done.stdout
    streamed = re.findall(r'(?m)^~"(.*)"$', done.stdout)
    text = "".join(streamed).encode().decode("unicode_escape")
    stacks = json.loads(text[text.index('{\n"go_version"') :])["goroutines"]
    (here,) = [g for g in stacks if any(f["function"] == "main.receives" for f in g["frames"])]
    assert here["frames"][0]["function"] == "main.receives"
    (main,) = [g for g in stacks if g["goid"] == 1]
    assert "runtime.main" in [frame["function"] for frame in main["frames"]]
    assert [g for g in stacks if "cannot read" in (g["ended"] or "")] == []
