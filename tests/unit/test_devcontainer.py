"""The devcontainer, as far as it can be checked where no container can be built."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / ".devcontainer/devcontainer.json"
LISTS = Path("/var/lib/apt/lists")
# Some properties of devContainer.base.schema.json of the development container specification
TYPES = {
    "name": str,
    "build": dict,
    "capAdd": list,
    "securityOpt": list,
    "postCreateCommand": str,
    "postAttachCommand": str,
}


def dockerfile() -> str:
    build = json.loads(FILE.read_text(encoding="utf-8"))["build"]
    assert build == {"dockerfile": "Dockerfile"}
    return (FILE.parent / "Dockerfile").read_text(encoding="utf-8")


def test_the_properties() -> None:
    properties = json.loads(FILE.read_text(encoding="utf-8"))
    assert {name: type(value) for name, value in properties.items()} == TYPES
    assert properties["capAdd"] == ["SYS_PTRACE"]
    assert properties["securityOpt"] == ["seccomp=unconfined"]


def test_its_commands_exist() -> None:
    properties = json.loads(FILE.read_text(encoding="utf-8"))
    tool, target = properties["postCreateCommand"].split()
    assert tool == "make"
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert properties["postAttachCommand"] == ".venv/bin/gogdb doctor"


def known(packages: list[str]) -> list[str]:
    """Return those of the packages that apt would install, in order."""
    command = ["apt-cache", "policy", *packages]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    versions = re.findall(r"^(\S+):\n.*\n  Candidate: (.*)$", text, re.M)
    return [name for name, version in versions if version != "(none)"]


def test_debian_has_its_packages() -> None:
    text = dockerfile().replace("\\\n", " ")
    (packages,) = re.findall(r"apt-get install (.*?)&&", text)
    names = [word for word in packages.split() if not word.startswith("-")]
    assert {"gdb", "make", "python3-venv"} <= set(names)
    if not shutil.which("apt-cache") or not any(LISTS.glob("*_Packages*")):
        pytest.skip("no lists of Debian's packages: apt update")
    assert known(names) == names
