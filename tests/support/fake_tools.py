"""Programs that print what a GDB or a Go prints."""

from __future__ import annotations

from pathlib import Path

DEBIAN = "GNU gdb (Debian 13.1-3) 13.1\nCopyright (C) 2023 Free Software Foundation"


def program(path: Path, output: str, status: int = 0) -> Path:
    """Write a program that prints `output` and stores its arguments in `path`.args."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" >'{path}.args'\n"
        f"cat <<'OUTPUT'\n{output}\nOUTPUT\nexit {status}\n"
    )
    path.chmod(0o755)
    return path


def gdb(path: Path, banner: str = DEBIAN, python: str = "python 3.11.2") -> Path:
    """Write a GDB with this version and this Python."""
    return program(path, f"{banner}\n{python}")


def go(path: Path, version: str = "go1.27.3") -> Path:
    """Write a Go of this version."""
    return program(path, f"go version {version} linux/amd64")


def arguments(path: Path) -> list[str]:
    """Return the arguments of the program's last call."""
    return Path(f"{path}.args").read_text().splitlines()
