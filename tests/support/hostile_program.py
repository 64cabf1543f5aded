"""A program whose names, paths and strings do harm where they are shown unescaped."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from gogdb.launch.tools import Go
from tests.support.places import PROGRAMS

__all__ = [
    "BREAKS",
    "ENVIRONMENT",
    "NAME",
    "PLACE",
    "PROGRAM",
    "SOURCE",
    "TAG",
    "WORD",
    "build",
    "wrapper",
]

NAME = "<script>window.hacked=1</script>\x1bc\x07\u202e'\"`&\x9b2J"
"""Part of names of functions and files, and of comments; go:linkname allows no blank or "["."""
PLACE = "a <script>window.hacked=2<\x1b[2J\u202e'\"`&*"
"""The directory of the sources and the program."""
PROGRAM = "x中文程序名字\x1b[2J"
"""The program's name. The kernel cuts a thread's name after 15 bytes, here inside a character."""
TAG = "<script>window.hacked=3</script>\"'"
"""Part of a type argument, and so of the names of generic functions."""
BREAKS = "\r\x0b\x0c\x1c\x85\u2028\u2029"
WORD = (
    "</script><img src=x onerror=window.hacked=4>\x1b]0;owned\x07\n\r\t\x08'\"`\u202e".encode()
    + b"\xff"
)
"""An argument, and the value of an environment variable."""
ENVIRONMENT = {b"GOMAXPROCS": b"2", b"HARM": WORD}

SOURCE = PROGRAMS / "hostile"


def build(go: Go, place: Path) -> Path:
    """Build the program inside `place`, with `NAME` for each HARM in its sources."""
    source = shutil.copytree(SOURCE, place / PLACE)
    for file in source.glob("*.go"):
        text = file.read_text(encoding="utf-8").replace("HARM", NAME).replace("BREAKS", BREAKS)
        file.write_text(text, encoding="utf-8", newline="\n")
    output = source / PROGRAM
    command = [str(go.path), "build", "-buildvcs=false", "-gcflags", "-N -l", "-o", str(output)]
    subprocess.run([*command, "."], cwd=source, env=go.environment(), check=True)
    return output


def wrapper(place: Path) -> str:
    """Return an exec-wrapper that sets what no GDB command can hold: arguments, environment."""
    script = place / "wrapper.py"
    script.write_text(
        f"import os, sys\nos.execve(sys.argv[1], [sys.argv[1], {WORD!r}], {ENVIRONMENT!r})\n",
        encoding="utf-8",
    )
    return shlex.join([sys.executable, os.fspath(script)])
