"""A program with names, places and words that would do harm where they are shown as they are."""

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
"""In the names of a function and of a file, and in comments; go:linkname takes no blank, no "["."""
PLACE = "a <script>window.hacked=2<\x1b[2J\u202e'\"`&*"
"""The directory that the program is built in."""
PROGRAM = "x中文程序名字\x1b[2J"
"""The kernel cuts a thread's name after 15 bytes: here within a character."""
TAG = "<script>window.hacked=3</script>\"'"
"""In a type argument, and so in the names of the functions that it is given to."""
BREAKS = "\r\x0b\x0c\x1c\x85\u2028\u2029"
WORD = (
    "</script><img src=x onerror=window.hacked=4>\x1b]0;owned\x07\n\r\t\x08'\"`\u202e".encode()
    + b"\xff"
)
"""An argument, and the value of a variable."""
ENVIRONMENT = {b"GOMAXPROCS": b"2", b"HARM": WORD}

SOURCE = PROGRAMS / "hostile"


def build(go: Go, place: Path) -> Path:
    """Build it within `place`; in its source each HARM becomes `NAME` at first."""
    source = shutil.copytree(SOURCE, place / PLACE)
    for file in source.glob("*.go"):
        text = file.read_text(encoding="utf-8").replace("HARM", NAME).replace("BREAKS", BREAKS)
        file.write_text(text, encoding="utf-8", newline="\n")
    output = source / PROGRAM
    command = [str(go.path), "build", "-buildvcs=false", "-gcflags", "-N -l", "-o", str(output)]
    subprocess.run([*command, "."], cwd=source, env=go.environment(), check=True)
    return output


def wrapper(place: Path) -> str:
    """An exec-wrapper that gives the program its words: a line of GDB's could not hold them."""
    script = place / "wrapper.py"
    script.write_text(
        f"import os, sys\nos.execve(sys.argv[1], [sys.argv[1], {WORD!r}], {ENVIRONMENT!r})\n",
        encoding="utf-8",
    )
    return shlex.join([sys.executable, os.fspath(script)])
